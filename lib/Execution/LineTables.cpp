// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Locations keep all that fused into an op; a line table has one line for an
// instruction. Translated as they are, fused places would become line 0.
#include "sinter/Execution/LineTables.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "sinter/Execution/Places.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Module.h"

using namespace mlir;
using sinter::placeOf;

namespace {

class LineTableBuilder {
public:
  LineTableBuilder(ModuleOp module, bool isOptimized)
      : context(module.getContext()), isOptimized(isOptimized) {}

  void attach(LLVM::LLVMFuncOp function) {
    FileLineColLoc place = placeOf(function.getLoc());
    if (!place || function.isExternal())
      return;
    LLVM::DISubprogramAttr subprogram = makeSubprogram(function, place);
    function->setLoc(FusedLoc::get({place}, subprogram, context));
    function.getBody().walk([&](Operation *op) {
      FileLineColLoc own = placeOf(op->getLoc());
      op->setLoc(within(subprogram, own ? own : place));
    });
  }

private:
  LLVM::DIFileAttr fileOf(FileLineColLoc place) {
    return LLVM::DIFileAttr::get(context, place.getFilename().strref(),
                                 /*directory=*/"");
  }

  DistinctAttr unique() { return DistinctAttr::create(UnitAttr::get(context)); }

  /// One unit for each file.
  LLVM::DICompileUnitAttr unitOf(LLVM::DIFileAttr file) {
    LLVM::DICompileUnitAttr &unit = units[file];
    if (!unit)
      unit = LLVM::DICompileUnitAttr::get(
          unique(), llvm::dwarf::DW_LANG_C99, file,
          StringAttr::get(context, "sinter"), isOptimized,
          LLVM::DIEmissionKind::LineTablesOnly, LLVM::DINameTableKind::None);
    return unit;
  }

  LLVM::DISubprogramAttr makeSubprogram(LLVM::LLVMFuncOp function,
                                        FileLineColLoc place) {
    LLVM::DIFileAttr file = fileOf(place);
    auto flags = LLVM::DISubprogramFlags::Definition;
    if (isOptimized)
      flags = flags | LLVM::DISubprogramFlags::Optimized;
    auto type =
        LLVM::DISubroutineTypeAttr::get(context, llvm::dwarf::DW_CC_normal, {});
    return LLVM::DISubprogramAttr::get(
        context, unique(), unitOf(file), file, function.getNameAttr(),
        /*linkageName=*/StringAttr(), file, place.getLine(), place.getLine(),
        flags, type);
  }

  /// The place in a function's scope. A place in another file, as ops added to
  /// a dump have, gets a scope of that file.
  Location within(LLVM::DISubprogramAttr subprogram, FileLineColLoc place) {
    LLVM::DIFileAttr file = fileOf(place);
    if (file == subprogram.getFile())
      return place;
    auto scope =
        LLVM::DILexicalBlockFileAttr::get(context, subprogram, file, 0);
    return FusedLoc::get({place}, scope, context);
  }

  MLIRContext *context;
  bool isOptimized;
  DenseMap<LLVM::DIFileAttr, LLVM::DICompileUnitAttr> units;
};

} // namespace

void sinter::attachLineTables(ModuleOp module, bool isOptimized) {
  LineTableBuilder builder(module, isOptimized);
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    builder.attach(function);
}

static bool hasLine(const llvm::DebugLoc &place) {
  return place && place.getLine() != 0;
}

/// Gives the instructions of a range that have no line the last one before
/// them, and returns the last line of all.
template <typename Range>
static llvm::DebugLoc carryLines(Range &&instructions, llvm::DebugLoc last) {
  for (llvm::Instruction &instruction : instructions) {
    if (hasLine(instruction.getDebugLoc()))
      last = instruction.getDebugLoc();
    else if (hasLine(last))
      instruction.setDebugLoc(last);
  }
  return last;
}

void sinter::completeLineTables(llvm::Module &module) {
  for (llvm::Function &function : module) {
    llvm::DISubprogram *subprogram = function.getSubprogram();
    if (!subprogram)
      continue;
    llvm::DebugLoc line = llvm::DILocation::get(
        module.getContext(), subprogram->getLine(), 0, subprogram);
    // What leads to an instruction belongs to it; what is left, the ends of
    // blocks and whole blocks, to what comes before.
    for (llvm::BasicBlock &block : function) {
      carryLines(llvm::reverse(block), llvm::DebugLoc());
      line = carryLines(block, line);
    }
  }
}
