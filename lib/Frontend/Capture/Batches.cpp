// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a block's data and batch size say about extents: batches, the remainder
// of the last one, and dims in the types of the batch.
#include "Entries.h"
#include "sinter/Dialect/NN/IR/SettingsJson.h"

using namespace mlir;
using llvm::dyn_cast;

namespace sinter::capturing {

const ast::TypeExpr *batchType(const Root &root) {
  if (root.block->step) {
    auto &params = root.block->step->params;
    return params.empty() ? nullptr : params.front().type;
  }
  if (root.decl->input)
    return root.decl->input;
  for (const ast::Decl *member : root.decl->members)
    if (auto *function = dyn_cast<ast::FunctionDecl>(member);
        function && function->name.name == "forward" &&
        !function->params.empty())
      return function->params.front().type;
  return nullptr;
}

/// The dim that counts the rows of a batch; empty if its extent is written.
static std::string batchDim(Session &session, const Root &root) {
  const ast::TypeExpr *type = batchType(root);
  if (!type || type->dims.empty())
    return "";
  auto *name = dyn_cast<ast::NameExpr>(type->dims.front());
  return name && session.isDim(name->name) ? name->name.str() : "";
}

/// Shapes of the fields of `data` or `validate`, rows in front; empty if they
/// are not known.
std::vector<std::vector<int64_t>>
FileCapture::dataShapes(const TrainBlock &block, bool validation) {
  DictionaryAttr source = validation ? block.validate : block.data;
  if (!source)
    return {};
  llvm::StringRef setting = validation ? "validate" : "data";
  SourceRange range = block.rangeOf(setting);
  std::vector<std::vector<int64_t>> shapes;
  if (auto entry = source.getAs<StringAttr>("entry")) {
    for (auto function : session.module->getOps<func::FuncOp>())
      if (function->getAttr("nn.entry") == entry && shapes.empty())
        for (Type type : function.getResultTypes())
          shapes.push_back(cast<RankedTensorType>(type).getShape().vec());
    bool haveRows =
        llvm::all_of(shapes, [](const auto &shape) { return !shape.empty(); });
    return haveRows ? shapes : std::vector<std::vector<int64_t>>();
  }
  std::string error;
  if (session.options.dataShapes)
    shapes = session.options.dataShapes(toJson(source), error);
  if (!error.empty())
    session.error(range, error);
  else if (shapes.empty() && session.options.entry.empty() &&
           (session.options.skippedNotes != SkippedNotes::OfCall ||
            !block.decl->isTrain))
    session.remark(range, "the data of '" + setting +
                              "' is not there: batches are compiled for "
                              "batch_size alone");
  return shapes;
}

/// Binds the batch's dim to batch_size and the remainder, and dims of the
/// batch's types to the shapes of the data.
FileCapture::ExtentChoices FileCapture::batchChoices(const Root &root,
                                                     bool validation) {
  const TrainBlock &block = *root.block;
  auto shapes = dataShapes(block, validation);
  ExtentChoices choices;
  std::vector<const ast::TypeExpr *> types;
  if (block.step)
    for (const ast::Parameter &parameter : block.step->params)
      types.push_back(parameter.type);
  else
    types.push_back(batchType(root));
  for (auto [type, shape] : llvm::zip(types, shapes)) {
    if (!type || type->dims.size() != shape.size())
      continue;
    for (auto [dim, extent] : llvm::zip(type->dims, shape))
      if (auto solved = solveForDim(session, dim, extent))
        choices.try_emplace(solved->first,
                            std::vector<int64_t>{solved->second});
  }
  std::string dim = batchDim(session, root);
  if (dim.empty())
    return choices;
  choices[dim] = {block.batchSize};
  bool keepsRest = validation || !block.dropLast;
  int64_t rest = shapes.empty() ? 0 : shapes[0][0] % block.batchSize;
  if (rest && keepsRest)
    choices[dim].push_back(rest);
  return choices;
}

FileCapture::ExtentChoices FileCapture::forwardChoices(const Root &root) {
  if (!root.block)
    return {};
  if (!root.block->has("batch_size") && !root.block->data &&
      session.options.dims.count(batchDim(session, root)))
    return {};
  ExtentChoices choices = batchChoices(root, false);
  if (root.block->validate)
    for (auto &[dim, extents] : batchChoices(root, true))
      llvm::append_range(choices[dim], extents);
  return choices;
}

} // namespace sinter::capturing
