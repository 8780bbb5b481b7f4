#include "sinter/CodeGen/CPU/Lowering/Passes.h"
void sinter::populateExpandExpLogPatterns(mlir::RewritePatternSet &patterns) {}
