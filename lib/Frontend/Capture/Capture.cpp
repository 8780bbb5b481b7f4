// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The public entry of capture.
#include "sinter/Frontend/Capture/Capture.h"
#include "Entries.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace sinter {

OwningOpRef<ModuleOp> capture(const ast::Program &program, MLIRContext &context,
                              const CaptureOptions &options,
                              Diagnostics &diagnostics) {
  context.loadDialect<nn::NNDialect, func::FuncDialect>();
  if (options.dtype != "f32" && options.dtype != "f64") {
    diagnostics.error({}, "expected --dtype=f32 or --dtype=f64; '" +
                              options.dtype + "' is not supported yet");
    return {};
  }
  capturing::Session session(program, context, options, diagnostics);
  llvm::StringRef name = options.model.empty()
                             ? llvm::sys::path::stem(program.getSource().name())
                             : llvm::StringRef(options.model);
  session.module.get()->setAttr("nn.model", StringAttr::get(&context, name));
  capturing::FileCapture(session).run();
  if (diagnostics.hasErrors())
    return {};
  return std::move(session.module);
}

} // namespace sinter
