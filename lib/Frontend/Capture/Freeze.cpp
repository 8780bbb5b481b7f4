// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which parameters a train block leaves as they are: those that `freeze` names,
// and those that no gradient of the loss reaches.
#include "Entries.h"
#include "sinter/Dialect/NN/Transforms/ExpandGradient.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;
using llvm::dyn_cast;

namespace sinter::capturing {

/// "head.bias" of `head.bias` and "layers.0" of `layers[0]`; empty if it is no
/// path.
static std::string pathOf(const ast::Expr &expr) {
  if (auto *name = dyn_cast<ast::NameExpr>(&expr))
    return name->name.str();
  if (auto *text = dyn_cast<ast::StringExpr>(&expr))
    return text->value.str();
  std::string object, part;
  if (auto *member = dyn_cast<ast::MemberExpr>(&expr)) {
    object = pathOf(*member->object);
    part = member->member.name.str();
  } else if (auto *item = dyn_cast<ast::SubscriptExpr>(&expr);
             item && item->indices.size() == 1) {
    object = pathOf(*item->object);
    auto *number = dyn_cast_or_null<ast::NumberExpr>(item->indices[0].value);
    if (number && number->isInteger)
      part = std::to_string(number->integer);
  }
  return object.empty() || part.empty() ? "" : object + "." + part;
}

std::optional<std::vector<FrozenPath>> readFrozenPaths(Session &session,
                                                       const ast::Expr &value) {
  auto *list = dyn_cast<ast::ListExpr>(&value);
  const ast::Expr *one = &value;
  std::vector<FrozenPath> paths;
  bool failed = false;
  for (const ast::Expr *item :
       list ? llvm::SmallVector<const ast::Expr *>(list->elements.begin(),
                                                   list->elements.end())
            : llvm::SmallVector<const ast::Expr *>{one}) {
    paths.push_back({pathOf(*item), item->range});
    if (!paths.back().path.empty())
      continue;
    session.error(item->range, "expected paths of the module as 'freeze', such "
                               "as [encoder, head.bias, \"layers.*.bias\"]");
    failed = true;
  }
  if (failed)
    return std::nullopt;
  return paths;
}

/// Whether the pattern matches the key, or the path of a module around it.
static bool namesKey(const llvm::GlobPattern &path, llvm::StringRef key) {
  for (size_t end = key.find('.'); end != llvm::StringRef::npos;
       end = key.find('.', end + 1))
    if (path.match(key.take_front(end)))
      return true;
  return path.match(key);
}

static bool namesSlot(const llvm::GlobPattern &path, const TensorSlot &slot) {
  return namesKey(path, slot.key) ||
         llvm::any_of(slot.aliases, [&](const std::string &alias) {
           return namesKey(path, alias);
         });
}

/// Keys of parameters, and paths of the modules around them.
static std::vector<std::string> pathsTo(llvm::ArrayRef<SlotPointer> slots) {
  std::set<std::string> paths;
  for (const SlotPointer &slot : slots)
    if (!slot->isBuffer)
      for (llvm::StringRef key = slot->key; !key.empty();
           key = key.contains('.') ? key.rsplit('.').first : "")
        paths.insert(key.str());
  return {paths.begin(), paths.end()};
}

bool FileCapture::freezeNamed(Root &root, StateParts &parts) {
  bool isComplete = true;
  for (const FrozenPath &frozen : root.block->freeze) {
    llvm::Expected<llvm::GlobPattern> path =
        llvm::GlobPattern::create(frozen.path);
    if (!path) {
      session.error(frozen.range, "expected a pattern of paths as 'freeze', "
                                  "but got '" +
                                      frozen.path +
                                      "': " + llvm::toString(path.takeError()));
      isComplete = false;
      continue;
    }
    bool found = false;
    for (const SlotPointer &slot : parts.slots)
      if (!slot->isBuffer && namesSlot(*path, *slot)) {
        parts.frozen.insert(slot->key);
        found = true;
      }
    if (found)
      continue;
    std::vector<std::string> paths = pathsTo(parts.slots);
    std::vector<llvm::StringRef> names(paths.begin(), paths.end());
    session.error(frozen.range,
                  "expected parameters of '" + root.decl->name.name +
                      "' to freeze, but '" + frozen.path + "' names none" +
                      didYouMean(frozen.path, names));
    isComplete = false;
  }
  return isComplete;
}

/// "'a', 'b' and 3 more".
static std::string listed(const std::set<std::string> &keys) {
  constexpr size_t mostNames = 8;
  std::string text;
  size_t count = 0;
  for (const std::string &key : keys) {
    if (count++ == mostNames)
      break;
    text += (text.empty() ? "'" : ", '") + key + "'";
  }
  if (keys.size() > mostNames)
    text += " and " + std::to_string(keys.size() - mostNames) + " more";
  return text;
}

/// The parameters that `freeze` does not name and no gradient of the loss
/// reaches; nullopt where an op on the way has none, which autodiff reports.
static std::optional<std::set<std::string>>
unreachedBy(Interpreter &in, Tensor loss, const std::set<std::string> &known) {
  std::set<std::string> unreached;
  llvm::SmallVector<Tensor> read;
  llvm::SmallVector<llvm::StringRef> keys;
  auto add = [&](const SegmentLayout &segment) {
    if (Tensor value = in.segmentRead(segment.key)) {
      read.push_back(value);
      keys.push_back(segment.key);
    } else {
      unreached.insert(segment.key);
    }
  };
  for (const SegmentLayout *segment : in.state->trained())
    add(*segment);
  for (const std::string &key : known)
    add(*in.state->find(key));
  auto reached = nn::findReached(in.function, loss, read);
  if (failed(reached))
    return std::nullopt;
  for (auto [key, isReached] : llvm::zip(keys, *reached))
    if (!isReached)
      unreached.insert(key.str());
  return unreached;
}

bool FileCapture::freezeUnreached(Interpreter &in, Root &root, Tensor loss,
                                  SourceRange range) {
  std::set<std::string> known;
  if (root.unreached)
    known = *root.unreached;
  auto unreached = unreachedBy(in, loss, known);
  if (!unreached)
    return true;
  SourceRange block = root.block->decl->name.range;
  if (root.unreached && *root.unreached != *unreached) {
    std::set<std::string> differing;
    std::set_symmetric_difference(known.begin(), known.end(),
                                  unreached->begin(), unreached->end(),
                                  std::inserter(differing, differing.end()));
    session.error(block, "expected the losses of all batches to reach the same "
                         "parameters, but those of some extents alone reach " +
                             listed(differing));
    return false;
  }
  if (root.unreached)
    return true;
  if (unreached->size() == in.state->trained().size()) {
    session.error(range, "expected a loss with a gradient for a parameter that "
                         "is trained, but it has none");
    return false;
  }
  root.unreached = unreached;
  if (unreached->empty())
    return true;
  session.remark(block, "no gradient of the loss reaches " +
                            listed(*unreached) + ": not trained, as if frozen");
  StateParts parts = root.layout.parts;
  parts.frozen.insert(unreached->begin(), unreached->end());
  root.layout = layOut(session, root.name, std::move(parts));
  return true;
}

} // namespace sinter::capturing
