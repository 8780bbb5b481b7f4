// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entries of a train block: train_step, gradients, update, evaluate.
#include "Entries.h"

using namespace mlir;
using llvm::dyn_cast;

namespace sinter::capturing {

/// The type of the target that a loss on this output takes.
static RankedTensorType targetType(Interpreter &in, const ModuleInstance &loss,
                                   Tensor output) {
  llvm::StringRef function;
  if (loss.layer && loss.layer->function)
    function = loss.layer->function->signature.name;
  bool ofClasses = function == "cross_entropy" || function == "nll_loss" ||
                   function == "multi_margin_loss";
  if (!ofClasses || rankOf(output) == 0)
    return typeOf(output);
  Shape shape(shapeOf(output));
  shape.erase(shape.begin() + (shape.size() > 1 ? 1 : 0));
  return in.graph.type(shape, in.graph.builder.getI64Type());
}

/// Without a step: the loss of the model's first result, or in a run block the
/// model's input and output.
static bool defaultStep(Interpreter &in, const Root &root,
                        const ModulePointer &model,
                        std::vector<ReturnedValue> &results) {
  SourceRange range = root.block->decl->name.range;
  const ast::TypeExpr *type = batchType(root);
  RankedTensorType inputType =
      type ? in.resolveInstanceType(*type, model) : RankedTensorType();
  if (!type)
    in.session.error(range, "expected a type of the model's input, or a fn "
                            "'step' in the block");
  if (!inputType)
    return false;
  Tensor input = in.addArgument(inputType, "input");
  Value output = in.callModule(model, {{{}, input, range}}, range);
  if (!root.block->decl->isTrain) {
    results = {{"input", input, range}, {"output", output, range}};
    return !output.isPoison();
  }
  Value loss = in.evaluate(*root.block->loss);
  if (output.isPoison() || loss.isPoison())
    return false;
  std::vector<Value> outputs = elementsOf(output);
  Tensor first = outputs.empty() ? Tensor() : in.toTensor(outputs[0], range);
  auto *criterion = loss.as<ModulePointer>();
  if (!first || !criterion)
    return false;
  Tensor target = in.addArgument(targetType(in, **criterion, first), "target");
  Value value =
      in.callModule(*criterion, {{{}, first, range}, {{}, target, range}},
                    root.block->rangeOf("loss"));
  results.push_back({"loss", value, root.block->rangeOf("loss")});
  results.push_back({"result", first, range});
  return !value.isPoison();
}

bool FileCapture::batchBody(Interpreter &in, Root &root,
                            std::vector<ReturnedValue> &results) {
  ModulePointer model = instantiate(in, root);
  if (!model)
    return false;
  const ast::FunctionDecl *step = root.block->step;
  if (!step)
    return defaultStep(in, root, model, results);
  std::vector<EvaluatedArgument> arguments;
  for (const ast::Parameter &parameter : step->params) {
    if (!parameter.type) {
      session.error(parameter.range,
                    "expected types of the parameters of 'step'");
      return false;
    }
    RankedTensorType type = in.resolveType(*parameter.type);
    if (!type)
      return false;
    arguments.push_back(
        {{}, in.addArgument(type, parameter.name.name), parameter.range});
  }
  std::map<std::string, Value> locals{{"model", model}};
  if (!readCarries(in, root, locals))
    return false;
  Value value = in.callFunction({step, nullptr}, arguments, step->name.range,
                                &results, &locals);
  nameResults(results, root.block->decl->isTrain);
  return !value.isPoison() && writeCarries(in, root, locals);
}

/// Adds the results of a step and finds the loss; false after an error.
bool FileCapture::addStepResults(Interpreter &in,
                                 std::vector<ReturnedValue> &results,
                                 Tensor &loss) {
  if (!addResults(in, results))
    return false;
  auto *first = results.front().value.as<Tensor>();
  if (!first || rankOf(*first) || !isFloat(*first)) {
    session.error(results.front().range,
                  "expected the loss, a float tensor of rank 0, as the first "
                  "result of 'step', but got " +
                      results.front().value.describe());
    return false;
  }
  loss = *first;
  return true;
}

Tensor FileCapture::packedGradient(Interpreter &in, Tensor loss) {
  std::vector<Tensor> parameters;
  for (const SegmentLayout *segment : in.state->trained())
    parameters.push_back(in.readSegment(segment->key));
  Graph &g = in.graph;
  auto gradient = g.create<nn::GradientOp>(loss, ValueRange(parameters));
  auto type = g.type({in.state->runElements}, session.defaultFloat());
  return g.create<nn::PackRunOp>(type, in.state->name, gradient.getGradients());
}

/// As clip_grad_norm_, then clip_grad_value_; `norm` is set if there is one.
Tensor FileCapture::clip(Interpreter &in, const TrainBlock &block,
                         Tensor gradient, Tensor &norm) {
  Graph &g = in.graph;
  if (block.clipNorm) {
    auto op =
        g.create<nn::ClipByNormOp>(gradient, llvm::APFloat(*block.clipNorm),
                                   llvm::APFloat(block.clipNormType));
    gradient = op.getClipped();
    norm = op.getNorm();
  }
  if (block.clipValue)
    gradient =
        g.maximum(g.minimum(gradient, g.scalar(*block.clipValue, gradient)),
                  g.scalar(-*block.clipValue, gradient));
  return gradient;
}

/// Adds 1 to a count of the header, after everything that reads it:
/// "trainer.step" counts steps of the optimizer, "trainer.batch" the batches
/// that random functions drew for.
static void count(Interpreter &in, llvm::StringRef key) {
  Tensor value = in.readSegment(key);
  in.writeSegment(key,
                  in.graph.add(value, in.graph.integer(1, elementOf(value))));
}

/// Says that an entry is a step of the optimizer, which must update every
/// parameter but for frozen ones.
static void markUpdate(Interpreter &in) {
  Builder &builder = in.graph.builder;
  in.function->setAttr("nn.updates", builder.getUnitAttr());
  llvm::SmallVector<llvm::StringRef> frozen;
  for (const SegmentLayout *segment : in.state->ofKind(nn::SegmentKind::frozen))
    frozen.push_back(segment->key);
  if (!frozen.empty())
    in.function->setAttr("nn.frozen", builder.getStrArrayAttr(frozen));
}

/// Extents of the command line that no batch of the block has are compiled, but
/// the block does not use them.
void FileCapture::noteUnusedDims(const TrainBlock &block,
                                 const ExtentChoices &batch) {
  for (auto &[dim, extents] : session.options.dims) {
    auto own = batch.find(dim);
    if (own == batch.end())
      continue;
    for (int64_t extent : extents)
      if (!llvm::is_contained(own->second, extent))
        session.remark(block.decl->name.range,
                       "--dim " + dim + "=" + llvm::Twine(extent) +
                           " has no effect on this block: its batches have " +
                           dim + " = " + llvm::Twine(own->second.front()));
  }
}

void FileCapture::captureStep(Root &root, llvm::StringRef role,
                              llvm::function_ref<bool(Interpreter &)> body,
                              bool training) {
  captureStepAs(root, generatedEntry(root, role), role, body, training);
}

void FileCapture::captureStepAs(Root &root, llvm::StringRef name,
                                llvm::StringRef role,
                                llvm::function_ref<bool(Interpreter &)> body,
                                bool training) {
  const TrainBlock &block = *root.block;
  std::vector<std::string> dims;
  if (block.step)
    dims = dimsOf(session, block.step->params);
  else if (const ast::TypeExpr *type = batchType(root))
    dims = dimsOf(session, *type);
  ExtentChoices batch;
  if (block.has("batch_size") || block.data)
    batch = batchChoices(root, !training && block.validate);
  noteUnusedDims(block, batch);
  if (block.step)
    bindInputShapes(block.step->params, batch);
  for (const DimBinding &binding :
       bindings(dims, batch, name, block.decl->name.range))
    build(root, name, dims, binding, training, block.decl->name.range, body,
          role);
}

/// The arguments and the result of `gradients`: the loss is scaled, and the
/// segment is added to if the caller says so.
void FileCapture::addGradientSegment(Interpreter &in, Tensor loss) {
  Graph &g = in.graph;
  Tensor scale = in.addGenerated(g.type({}, session.defaultFloat()), "scale");
  Tensor more =
      in.addGenerated(g.type({}, g.builder.getI1Type()), "accumulate");
  Tensor scaled = g.mul(loss, g.cast(scale, elementOf(loss)));
  Tensor fresh = packedGradient(in, scaled);
  Tensor before = in.addGenerated(fresh.getType(), "gradient", true);
  in.addGenerated(g.select(more, g.add(before, fresh), fresh), "gradient",
                  true);
}

void FileCapture::captureUpdate(Root &root) {
  auto body = [&](Interpreter &in) {
    markUpdate(in);
    auto type =
        in.graph.type({root.layout.runElements}, session.defaultFloat());
    Tensor gradient = in.addGenerated(type, "gradient", true), norm;
    gradient = clip(in, *root.block, gradient, norm);
    applyOptimizer(in, root.block->optimizer, gradient);
    count(in, "trainer.step");
    in.addGenerated(gradient, "gradient", true);
    if (norm)
      in.addGenerated(norm, "grad_norm");
    return true;
  };
  build(root, generatedEntry(root, "update"), {}, {}, true,
        root.block->decl->name.range, body, "update");
}

void FileCapture::captureTraining(Root &root) {
  TrainBlock &block = *root.block;
  if (!session.options.entry.empty() && !isTrainingWanted(root))
    return;
  if (root.layout.trained().empty()) {
    session.error(block.decl->name.range,
                  "expected a module with parameters to train, but '" +
                      root.decl->name.name + "' has none" +
                      (block.freeze.empty() ? "" : " that is not frozen"));
    return;
  }
  std::vector<ReturnedValue> results;
  Tensor loss, norm;
  auto forward = [&](Interpreter &in) {
    results.clear();
    loss = norm = Tensor();
    return batchBody(in, root, results) && addStepResults(in, results, loss);
  };
  captureStep(root, "train_step", [&](Interpreter &in) {
    if (!forward(in) || !checkImages(in, root) ||
        !freezeUnreached(in, root, loss, results.front().range))
      return false;
    markUpdate(in);
    Tensor gradient = clip(in, block, packedGradient(in, loss), norm);
    applyOptimizer(in, block.optimizer, gradient);
    count(in, "trainer.step");
    count(in, "trainer.batch");
    if (norm)
      in.addGenerated(norm, "grad_norm");
    return true;
  });
  captureStep(root, "gradients", [&](Interpreter &in) {
    if (!forward(in))
      return false;
    addGradientSegment(in, loss);
    count(in, "trainer.batch");
    return true;
  });
  captureUpdate(root);
  if (session.options.gradientEntries)
    captureStepCheck(root, ".check");
  captureStep(root, "evaluate", forward, false);
  emitBlock(root);
}

/// The entry of a run block: its step on one batch, in eval mode.
void FileCapture::captureRun(Root &root) {
  if (!session.options.entry.empty() && !isWanted(generatedEntry(root, "step")))
    return;
  captureStep(
      root, "step",
      [&](Interpreter &in) {
        std::vector<ReturnedValue> results;
        return batchBody(in, root, results) && addResults(in, results) &&
               checkImages(in, root);
      },
      false);
  emitBlock(root);
}

void FileCapture::emitBlock(const Root &root) {
  OpBuilder builder = OpBuilder::atBlockEnd(session.module->getBody());
  // The state has the name itself.
  builder.create<nn::BlockOp>(session.location(root.block->decl->range),
                              root.name + ".block",
                              settingsOf(session, *root.block, root.name));
}

/// Whether --entry names an entry of the train block.
bool FileCapture::isTrainingWanted(const Root &root) {
  bool wanted = false;
  for (llvm::StringRef entry :
       {"train_step", "gradients", "update", "evaluate", "init"})
    wanted |= isWanted(generatedEntry(root, entry));
  if (session.options.gradientEntries)
    wanted |= isWanted(generatedEntry(root, "step"));
  return wanted;
}

} // namespace sinter::capturing
