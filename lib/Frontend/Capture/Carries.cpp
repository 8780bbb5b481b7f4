// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `carry h: type = init`: a name of `step` that lives in the state from one
// step to the next. Gradients do not pass: what a step reads is a constant.
#include "Entries.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace sinter::capturing {

/// Gives `step` its carries as names; false after an error, such as a batch
/// whose remainder would change a shape.
bool FileCapture::readCarries(Interpreter &in, Root &root,
                              std::map<std::string, Value> &locals) {
  const TrainBlock &block = *root.block;
  for (const ast::CarryDecl *carry : block.carries) {
    llvm::StringRef name = carry->name.name;
    for (const ast::Parameter &parameter : block.step->params)
      if (parameter.name.name == name) {
        session
            .error(parameter.range, "expected another name than '" + name +
                                        "', which is a carry")
            .note(carry->range, "it is declared here");
        return false;
      }
    RankedTensorType type = in.resolveType(*carry->type);
    if (!type)
      return false;
    RankedTensorType first = root.layout.find(carryKey(name))->type;
    if (type != first) {
      session.error(carry->type->range,
                    "expected one shape of the carry '" + name +
                        "' in all batches, but got " + describeType(first) +
                        " and, in a remainder, " + describeType(type) +
                        (in.training
                             ? "; 'drop_last = true' leaves the remainder out"
                             : "; a 'limit' of 'validate' that 'batch_size' "
                               "divides leaves none"));
      return false;
    }
    locals[name.str()] = in.readSegment(carryKey(name));
  }
  return true;
}

/// Hands what `step` left in its carries to the next step.
bool FileCapture::writeCarries(Interpreter &in, Root &root,
                               const std::map<std::string, Value> &locals) {
  for (const ast::CarryDecl *carry : root.block->carries) {
    std::string key = carryKey(carry->name.name);
    RankedTensorType type = root.layout.find(key)->type;
    auto found = locals.find(carry->name.name.str());
    Tensor value = found == locals.end()
                       ? Tensor()
                       : in.toTensor(found->second, carry->range);
    if (!value)
      return false;
    if (value.getType() != type) {
      session.error(carry->type->range,
                    "expected the carry '" + carry->name.name + "' to be " +
                        describeType(type) + " after a step, but got " +
                        describeType(value.getType()));
      return false;
    }
    if (value != in.readSegment(key))
      in.writeSegment(key, value);
  }
  return true;
}

bool FileCapture::initializeCarries(Interpreter &in, Root &root) {
  if (!root.block)
    return true;
  for (const ast::CarryDecl *carry : root.block->carries) {
    std::string key = carryKey(carry->name.name);
    RankedTensorType type = root.layout.find(key)->type;
    llvm::SaveAndRestore<std::string> keyed(in.path, "init." + key);
    Value init = in.evaluate(*carry->init);
    Tensor value = in.toTensor(init, carry->init->range, type.getElementType());
    if (!value)
      return false;
    if (value.getType() != type) {
      session
          .error(carry->init->range, "expected " + describeType(type) +
                                         " for the carry '" + carry->name.name +
                                         "', but got " +
                                         describeType(value.getType()))
          .note(carry->type->range, "the type is declared here");
      return false;
    }
    in.writeSegment(key, value);
  }
  return true;
}

} // namespace sinter::capturing
