// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Forms kernels: decides by FusionGraph which ops belong together, then moves
// each group into an nn.kernel.

#include "FusionGraph.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNFUSE
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Readers of one value that each of them may merge with: those merge with the
/// next ones.
static constexpr size_t maxSiblings = 8;

namespace {

/// Rewrites a block into kernels, in the order of the graph's groups.
class KernelBuilder {
public:
  /// `decisions` by the group's id are kept as attributes.
  KernelBuilder(Block &block, FusionGraph &graph,
                DenseMap<unsigned, ArrayAttr> decisions)
      : block(block), graph(graph), decisions(std::move(decisions)),
        builder(block.getTerminator()) {}

  void run() {
    SmallVector<Operation *> old;
    for (Operation &op : block.without_terminator())
      old.push_back(&op);
    for (unsigned id : graph.inOrder())
      graph.group(id).isOutside ? moveOutside(graph.group(id).ops.front())
                                : buildKernel(id);
    remapOperands(block.getTerminator());
    for (Operation *op : llvm::reverse(old))
      if (graph.roleOf(op) != FusionRole::Outside)
        op->erase();
  }

private:
  void remapOperands(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      operand.set(outer.lookupOrDefault(operand.get()));
  }

  void moveOutside(Operation *op) {
    op->moveBefore(block.getTerminator());
    remapOperands(op);
  }

  /// Whether `value` is a change of unit dimensions of a buffer: a view, which
  /// costs nothing outside of the kernel.
  bool isViewOfBuffer(Value value, unsigned id) {
    auto reshape = value.getDefiningOp<ReshapeOp>();
    if (!reshape || graph.roleOf(reshape) != FusionRole::Cloned)
      return false;
    Operation *source = reshape.getInput().getDefiningOp();
    return !source || (graph.roleOf(source) != FusionRole::Cloned &&
                       !isSplat(source) && graph.groupOf(source) != id);
  }

  /// The value inside of the kernel that stands for `value`: an op of the
  /// kernel, a clone, or an operand.
  Value valueInside(Value value, unsigned id, OpBuilder &inside,
                    IRMapping &inner, KernelOp kernel) {
    if (Value known = inner.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    if (op && (graph.roleOf(op) == FusionRole::Cloned || isSplat(op)) &&
        !isViewOfBuffer(value, id)) {
      for (Value operand : op->getOperands())
        inner.map(operand, valueInside(operand, id, inside, inner, kernel));
      inside.clone(*op, inner);
      return inner.lookup(value);
    }
    Value source = outer.lookupOrDefault(value);
    if (isViewOfBuffer(value, id) && source == value) {
      IRMapping mapping(outer);
      source = builder.clone(*op, mapping)->getResult(0);
      source.getDefiningOp()->moveBefore(kernel);
      outer.map(value, source);
    }
    kernel->insertOperands(kernel->getNumOperands(), source);
    Value argument =
        kernel.getBody().front().addArgument(value.getType(), value.getLoc());
    inner.map(value, argument);
    return argument;
  }

  void buildKernel(unsigned id) {
    FusionGroup &group = graph.group(id);
    SmallVector<Value> results;
    SmallVector<Type> types;
    for (Operation *op : group.ops)
      for (Value result : op->getResults())
        if (isReadOutside(result, id)) {
          results.push_back(result);
          types.push_back(result.getType());
        }
    Operation *main = group.contraction ? group.contraction.getOperation()
                                        : group.ops.front();
    auto kernel = builder.create<KernelOp>(main->getLoc(), types, ValueRange(),
                                           group.domain, group.reduced);
    if (ArrayAttr texts = decisions.lookup(id))
      kernel->setAttr("nn.fusion", texts);
    Block &body = kernel.getBody().empty() ? kernel.getBody().emplaceBlock()
                                           : kernel.getBody().front();
    OpBuilder inside = OpBuilder::atBlockEnd(&body);
    IRMapping inner;
    for (Operation *op : group.ops) {
      for (Value operand : op->getOperands())
        inner.map(operand, valueInside(operand, id, inside, inner, kernel));
      if (isa<ConstantOp>(op))
        inner.map(op->getResult(0), buildSplat(cast<ConstantOp>(op), inside));
      else
        inside.clone(*op, inner);
    }
    SmallVector<Value> yielded;
    for (auto [result, outside] : llvm::zip(results, kernel.getResults())) {
      yielded.push_back(inner.lookup(result));
      outer.map(result, outside);
    }
    inside.create<YieldOp>(main->getLoc(), yielded);
  }

  /// A constant that is a kernel of its own: computed, so that there is an op
  /// which writes it.
  static Value buildSplat(ConstantOp op, OpBuilder &inside) {
    auto type = cast<RankedTensorType>(op.getType());
    auto scalar = RankedTensorType::get({}, type.getElementType());
    Attribute element =
        cast<SplatElementsAttr>(op.getValue()).getSplatValue<Attribute>();
    Value constant = inside.create<ConstantOp>(
        op.getLoc(), scalar, DenseElementsAttr::get(scalar, element));
    return inside.create<BroadcastOp>(op.getLoc(), type, constant);
  }

  /// Whether another kernel, or an op outside, reads `value`, directly or
  /// through cloned ops.
  bool isReadOutside(Value value, unsigned id) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (graph.roleOf(user) == FusionRole::Cloned)
        return isReadOutside(user->getResult(0), id);
      return graph.roleOf(user) == FusionRole::Outside ||
             graph.groupOf(user) != id;
    });
  }

  Block &block;
  FusionGraph &graph;
  DenseMap<unsigned, ArrayAttr> decisions;
  OpBuilder builder;
  IRMapping outer;
};

struct Fuse : public sinter::nn::impl::NNFuseBase<Fuse> {
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    // A step of a scan is a graph of its own.
    SmallVector<Block *> blocks;
    function.walk(
        [&](ScanOp scan) { blocks.push_back(&scan.getBody().front()); });
    blocks.push_back(&function.getBody().front());
    for (Block *block : blocks)
      fuse(*block);
  }

  void fuse(Block &block) {
    FusionGraph graph(block, merge);
    if (merge) {
      mergeUntilStable(graph);
      mergeSiblings(graph);
      mergeUntilStable(graph);
      graph.repeatCheapOps();
      mergeUntilStable(graph);
    }
    DenseMap<unsigned, ArrayAttr> decisions;
    if (merge && remarks)
      decisions = report(graph);
    KernelBuilder(block, graph, std::move(decisions)).run();
  }

  /// A merge can remove what lay between two others.
  void mergeUntilStable(FusionGraph &graph) {
    while (mergeAlongEdges(graph)) {
    }
  }

  /// Whether nothing but reductions reads what an op computes.
  static bool isOnlyReduced(FusionGraph &graph, Operation *op) {
    return op->getNumResults() == 1 && !op->use_empty() &&
           llvm::all_of(op->getUsers(), [&](Operation *user) {
             return graph.roleOf(user) == FusionRole::Cloned
                        ? isOnlyReduced(graph, user)
                        : bool(reducedDims(user));
           });
  }

  bool mergeAlongEdges(FusionGraph &graph) {
    bool hasMerged = false;
    for (Operation *op : graph.ops()) {
      if (graph.roleOf(op) == FusionRole::Outside)
        continue;
      // A product first: what follows it costs nothing in its store. But what
      // is there for reductions alone is no further result of it.
      bool isReduced = isOnlyReduced(graph, op);
      SmallVector<unsigned> producers, others;
      for (Value operand : op->getOperands())
        if (std::optional<unsigned> producer = graph.producerOf(operand)) {
          bool isProduct = bool(graph.group(*producer).contraction);
          if (!isProduct || !isReduced)
            (isProduct ? producers : others).push_back(*producer);
        }
      producers.append(others);
      for (unsigned producer : producers) {
        // A merge above may have given the producer another number.
        std::string reason;
        if (!graph.group(producer).ops.empty() && producer != graph.groupOf(op))
          hasMerged |= graph.merge(producer, graph.groupOf(op), reason);
      }
    }
    return hasMerged;
  }

  /// Merges kernels over one domain that read one operand of that size, and
  /// kernels of scalars: each with the next few that do.
  void mergeSiblings(FusionGraph &graph) {
    DenseMap<Value, SmallVector<Operation *>> readers;
    for (Operation *op : graph.ops())
      if (graph.roleOf(op) == FusionRole::Compute)
        for (Value operand : llvm::SmallSetVector<Value, 4>(op->operand_begin(),
                                                            op->operand_end()))
          readers[operand].push_back(op);
    DenseMap<Value, size_t> next; // of the readers
    for (Operation *op : graph.ops())
      if (graph.roleOf(op) == FusionRole::Compute)
        for (Value operand : llvm::SmallSetVector<Value, 4>(op->operand_begin(),
                                                            op->operand_end()))
          mergeWithSiblings(graph, op, operand,
                            ArrayRef(readers[operand])
                                .drop_front(++next[operand])
                                .take_front(maxSiblings));
  }

  void mergeWithSiblings(FusionGraph &graph, Operation *op, Value operand,
                         ArrayRef<Operation *> siblings) {
    auto size = cast<RankedTensorType>(operand.getType()).getNumElements();
    auto isNestOfSize = [&](Operation *member) {
      FusionGroup &nest = graph.group(graph.groupOf(member));
      return !nest.contraction &&
             ShapedType::getNumElements(nest.domain) == size;
    };
    for (Operation *sibling : siblings) {
      std::string reason;
      if (isNestOfSize(op) && isNestOfSize(sibling))
        graph.merge(graph.groupOf(op), graph.groupOf(sibling), reason);
    }
  }

  /// What each kernel is made of and why nothing more is, by the group's id:
  /// the attribute nn.fusion of its op.
  DenseMap<unsigned, ArrayAttr> report(FusionGraph &graph) {
    Builder builder(&getContext());
    DenseMap<unsigned, ArrayAttr> decisions;
    for (unsigned id : graph.inOrder()) {
      FusionGroup &group = graph.group(id);
      if (group.isOutside)
        continue;
      llvm::SmallSetVector<StringRef, 8> names;
      for (Operation *op : group.ops)
        names.insert(reportedName(op));
      llvm::SetVector<StringAttr> texts;
      if (names.size() > 1)
        texts.insert(builder.getStringAttr("fused " + llvm::join(names, ", ")));
      else if (group.ops.size() > 1 &&
               names.front() != group.ops.front()->getName().getStringRef())
        texts.insert(builder.getStringAttr("of " + names.front()));
      for (Operation *op : group.ops)
        if (std::string reason = whyUnfused(graph, op); !reason.empty())
          texts.insert(builder.getStringAttr("not fused: " + reason));
      SmallVector<Attribute> all(texts.begin(), texts.end());
      decisions[id] = builder.getArrayAttr(all);
    }
    return decisions;
  }

  /// No edge between two kernels can merge any more: asking again gives the
  /// reason. Empty if all that the op reads is in its kernel.
  std::string whyUnfused(FusionGraph &graph, Operation *op) {
    for (Value operand : op->getOperands()) {
      std::optional<unsigned> producer = graph.producerOf(operand);
      std::string reason;
      if (producer && !graph.merge(*producer, graph.groupOf(op), reason) &&
          !reason.empty())
        return reason;
    }
    return "";
  }
};
} // namespace
