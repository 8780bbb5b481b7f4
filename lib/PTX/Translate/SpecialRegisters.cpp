// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// %tid and its like.
#include "Emitter.h"
#include "llvm/ADT/StringSwitch.h"

using namespace sinter::ptx;

/// The offset of the vector `name` in a thread, or 0 if it is none. Clusters
/// have one block.
static std::optional<size_t> vectorOffset(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<size_t>>(name)
      .Case("%tid", offsetof(Thread, index))
      .Case("%ntid", offsetof(Thread, blockSize))
      .Case("%ctaid", offsetof(Thread, blockIndex))
      .Case("%clusterid", offsetof(Thread, blockIndex))
      .Case("%nctaid", offsetof(Thread, gridSize))
      .Case("%nclusterid", offsetof(Thread, gridSize))
      .Default(std::nullopt);
}

static std::optional<size_t> fieldOffset(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<size_t>>(name)
      .Case("%laneid", offsetof(Thread, lane))
      .Case("%warpid", offsetof(Thread, warp))
      .Case("%dynamic_smem_size", offsetof(Thread, dynamicSharedBytes))
      .Default(std::nullopt);
}

static std::optional<uint32_t> constantOf(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<uint32_t>>(name)
      .Cases("WARP_SZ", "%nwarpid", 32)
      .Cases("%smid", "%gridid", "%cluster_ctarank", "%is_explicit_cluster", 0)
      .Cases("%cluster_ctaid.x", "%cluster_ctaid.y", "%cluster_ctaid.z", 0)
      .Cases("%nsmid", "%cluster_nctarank", 1)
      .Cases("%cluster_nctaid.x", "%cluster_nctaid.y", "%cluster_nctaid.z", 1)
      .Default(std::nullopt);
}

/// %lanemask_lt and its like, or null.
static Value *laneMask(Emitter &e, llvm::StringRef name) {
  auto &b = e.b;
  auto shifted = [&](uint32_t first) {
    Value *lane = e.threadField(offsetof(Thread, lane), b.getInt32Ty());
    return b.CreateShl(b.getInt32(first), lane);
  };
  if (name == "%lanemask_eq")
    return shifted(1);
  if (name == "%lanemask_lt")
    return b.CreateSub(shifted(1), b.getInt32(1));
  if (name == "%lanemask_le")
    return b.CreateSub(shifted(2), b.getInt32(1));
  if (name == "%lanemask_ge")
    return b.CreateNeg(shifted(1));
  if (name == "%lanemask_gt")
    return b.CreateNeg(shifted(2));
  return nullptr;
}

Value *Emitter::specialRegister(const Operand &operand) {
  llvm::StringRef name = operand.reference.name;
  auto [vector, component] = name.rsplit('.');
  size_t axis = component.size() == 1 ? llvm::StringRef("xyz").find(component)
                                      : llvm::StringRef::npos;
  if (auto offset = vectorOffset(vector);
      offset && axis != llvm::StringRef::npos)
    return threadField(*offset + 4 * axis, b.getInt32Ty());
  if (auto offset = fieldOffset(name))
    return threadField(*offset, b.getInt32Ty());
  if (auto constant = constantOf(name))
    return b.getInt32(*constant);
  if (Value *mask = laneMask(*this, name))
    return mask;
  if (name.starts_with("%clock") || name.starts_with("%globaltimer")) {
    Value *time = call("readClock", b.getInt64Ty(), {});
    return name.ends_with("_hi") ? b.CreateLShr(time, 32) : time;
  }
  // Where a cooperative grid synchronises.
  if (name == "%envreg1" || name == "%envreg2") {
    Value *address = threadField(offsetof(Thread, workspace), b.getInt64Ty());
    return name.back() == '2' ? address : b.CreateLShr(address, 32);
  }
  if (name == "%total_smem_size" || name == "%aggr_smem_size")
    return b.CreateAdd(
        threadField(offsetof(Thread, dynamicShared), b.getInt32Ty()),
        threadField(offsetof(Thread, dynamicSharedBytes), b.getInt32Ty()));
  return fail(operand.position,
              "expected a name that is declared, but got '" + name + "'");
}
