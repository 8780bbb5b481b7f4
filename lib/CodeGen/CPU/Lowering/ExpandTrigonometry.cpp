#include "sinter/CodeGen/CPU/Lowering/Passes.h"
void sinter::populateExpandTrigonometryPatterns(
    mlir::RewritePatternSet &patterns) {}
