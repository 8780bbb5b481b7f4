#include "sinter/CodeGen/CPU/Lowering/Passes.h"
void sinter::populateExpandPowerPatterns(mlir::RewritePatternSet &patterns) {}
