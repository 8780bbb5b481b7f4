#include "sinter/Dialect/NN/IR/NN.h"
using namespace mlir;
using namespace sinter::nn;
LogicalResult AbsOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult AddOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult AmaxOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult AminOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult BatchNormOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult BroadcastOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult CastOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ConcatOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult CosOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult DivOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult DropoutOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ErfOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ExpOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult Expm1Op::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult GatherOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult LinearOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult Log1pOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult LogOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult LogSoftmaxOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult MatmulOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult MaxWithIndicesOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult MaximumOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult MinWithIndicesOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult MinimumOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult MulOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult NegOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult NllLossOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult PadOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult PowOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ProdOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ReluOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult RemainderOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ReshapeOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ReverseOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult RsqrtOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult ScatterAddOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SelectOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SigmoidOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SinOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SliceOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SoftmaxOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SqrtOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SubOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult SumOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult TakeOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult TanhOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
LogicalResult TransposeOp::buildGradients(OpBuilder&, ValueRange, MutableArrayRef<Value>) { return emitOpError("has no gradient yet"); }
FailureOr<SmallVector<Value>> AdagradOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> AdamOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> BatchNormOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> ClipByNormOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> DropoutOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> LinearOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> LogSoftmaxOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> MaxWithIndicesOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> MinWithIndicesOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> NllLossOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> RmspropOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> ScatterAddOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> SgdOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
FailureOr<SmallVector<Value>> SoftmaxOp::decompose(OpBuilder&) { return emitOpError("has no decomposition yet"); }
