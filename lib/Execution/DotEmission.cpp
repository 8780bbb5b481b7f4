// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Graphs as Graphviz text. A value is drawn at the node that makes it: inside
// of a kernel an operand is the outer value, and a kernel's result is the value
// that it yields, so that edges cross the boxes.
#include "DotEmission.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Dialect/NN/IR/ElementTypes.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/Preparation.h"
#include "sinter/Execution/Places.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/GraphWriter.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace sinter {

namespace {
class DotPrinter {
public:
  explicit DotPrinter(raw_ostream &os) : os(os) {}

  void print(func::FuncOp function);
  void printEdges() {
    for (const std::string &edge : edges)
      line() << edge << "\n";
  }

private:
  void printOps(Block &block);
  void printOp(Operation *op);
  void printKernel(nn::KernelOp kernel);
  void printLoop(Operation *loop);
  void printReturn(func::ReturnOp op, func::FuncOp function);

  unsigned addNode(const Twine &label, StringRef shape);
  void addEdge(Value from, unsigned to);
  void beginBox(const Twine &label, StringRef style);
  void endBox() {
    depth -= 2;
    line() << "}\n";
  }
  raw_ostream &line() { return os.indent(depth); }

  raw_ostream &os;
  unsigned depth = 2, nodes = 0, boxes = 0;
  DenseMap<Value, unsigned> makers; ///< the node of each value
  /// Printed after all boxes: an edge in a box would draw its nodes into it.
  std::vector<std::string> edges;
};
} // namespace

static std::string typeText(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return "";
  std::string text;
  if (std::optional<DType> dtype = dtypeOf(tensor.getElementType()))
    text = nameOf(*dtype);
  if (tensor.getRank() == 0)
    return text;
  std::string shape;
  llvm::raw_string_ostream stream(shape);
  llvm::interleaveComma(tensor.getShape(), stream);
  return text + "[" + shape + "]";
}

/// "mlp.sinter:6:70", without the folder; empty if there is none.
static std::string placeOfOp(Operation *op) {
  FileLineColLoc place = placeOf(op->getLoc());
  return place ? llvm::sys::path::filename(placeText(place)).str() : "";
}

static std::string joinLines(ArrayRef<std::string> lines) {
  SmallVector<std::string> filled;
  for (const std::string &text : lines)
    if (!text.empty())
      filled.push_back(text);
  return llvm::join(filled, "\n");
}

/// What an op is of, where its name alone does not say it: the key of a
/// segment, the dims of a reduction.
static std::string detailOf(Operation *op) {
  SmallVector<std::string> details;
  for (NamedAttribute attribute : op->getAttrs()) {
    if (auto text = dyn_cast<StringAttr>(attribute.getValue()))
      details.push_back(text.str());
    auto numbers = dyn_cast<DenseI64ArrayAttr>(attribute.getValue());
    if (numbers && attribute.getName() == "dims") {
      std::string text = "over ";
      llvm::raw_string_ostream stream(text);
      llvm::interleaveComma(numbers.asArrayRef(), stream);
      details.push_back(text);
    }
  }
  return llvm::join(details, " ");
}

unsigned DotPrinter::addNode(const Twine &label, StringRef shape) {
  line() << "n" << nodes << " [label=\"" << llvm::DOT::EscapeString(label.str())
         << "\", shape=" << shape << "];\n";
  return nodes++;
}

void DotPrinter::addEdge(Value from, unsigned to) {
  auto maker = makers.find(from);
  if (maker == makers.end())
    return;
  edges.push_back(llvm::formatv("n{0} -> n{1} [label=\"{2}\"];", maker->second,
                                to, typeText(from.getType())));
}

void DotPrinter::beginBox(const Twine &label, StringRef style) {
  line() << "subgraph cluster_" << boxes++ << " {\n";
  depth += 2;
  line() << "label=\"" << llvm::DOT::EscapeString(label.str())
         << "\"; labeljust=l; " << style << "\n";
}

/// A constant that is one number is drawn where it is read.
static std::optional<std::string> splatText(Operation *op) {
  auto constant = dyn_cast<nn::ConstantOp>(op);
  auto splat = constant ? dyn_cast<SplatElementsAttr>(constant.getValue())
                        : SplatElementsAttr();
  if (!splat)
    return std::nullopt;
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (auto number = dyn_cast<FloatAttr>(splat.getSplatValue<Attribute>()))
    stream << llvm::format("%g", number.getValueAsDouble());
  else
    splat.getSplatValue<Attribute>().print(stream, /*elideType=*/true);
  return text;
}

void DotPrinter::printOp(Operation *op) {
  if (auto kernel = dyn_cast<nn::KernelOp>(op))
    return printKernel(kernel);
  if (op->getNumRegions())
    return printLoop(op);
  std::string numbers;
  if (splatText(op))
    return;
  for (Value operand : op->getOperands())
    if (Operation *maker = operand.getDefiningOp())
      if (auto text = splatText(maker))
        numbers += (numbers.empty() ? "with " : ", ") + *text;
  unsigned node = addNode(joinLines({op->getName().stripDialect().str(),
                                     detailOf(op), numbers, placeOfOp(op)}),
                          "box");
  for (Value operand : op->getOperands())
    addEdge(operand, node);
  for (Value result : op->getResults())
    makers[result] = node;
}

void DotPrinter::printOps(Block &block) {
  for (Operation &op : block.without_terminator())
    printOp(&op);
}

void DotPrinter::printKernel(nn::KernelOp kernel) {
  int64_t flops = 0;
  kernel.walk([&](nn::CostOpInterface op) { flops += op.getFlops(); });
  std::string domain;
  llvm::raw_string_ostream stream(domain);
  llvm::interleaveComma(kernel.getDomain(), stream);
  beginBox("kernel [" + domain + "]\n" + Twine(flops) + " flop\n" +
               placeOfOp(kernel),
           "style=filled; fillcolor=\"#e8f0fb\";");
  Block &body = kernel.getBody().front();
  for (auto [argument, operand] :
       llvm::zip(body.getArguments(), kernel.getInputs())) {
    auto maker = makers.find(operand);
    if (maker != makers.end())
      makers[argument] = unsigned(maker->second);
  }
  printOps(body);
  for (auto [result, yielded] :
       llvm::zip(kernel.getResults(), body.getTerminator()->getOperands())) {
    auto maker = makers.find(yielded);
    if (maker != makers.end())
      makers[result] = unsigned(maker->second);
  }
  endBox();
}

/// A loop over time: what enters it comes to its first node, what it computes
/// leaves from its last one.
void DotPrinter::printLoop(Operation *loop) {
  auto scan = dyn_cast<nn::ScanOp>(loop);
  std::string name = loop->getName().stripDialect().str();
  if (scan)
    name += ", " + std::to_string(scan.getSteps()) + " steps";
  beginBox(joinLines({name, placeOfOp(loop)}), "style=rounded;");
  unsigned entry = addNode("enter", "ellipse");
  for (Value operand : loop->getOperands())
    addEdge(operand, entry);
  for (Region &region : loop->getRegions())
    for (Block &block : region) {
      for (Value argument : block.getArguments())
        makers[argument] = entry;
      printOps(block);
    }
  unsigned exit = addNode("leave", "ellipse");
  for (Region &region : loop->getRegions())
    for (Block &block : region)
      if (block.mightHaveTerminator())
        for (Value value : block.getTerminator()->getOperands())
          addEdge(value, exit);
  for (Value result : loop->getResults())
    makers[result] = exit;
  endBox();
}

void DotPrinter::printReturn(func::ReturnOp op, func::FuncOp function) {
  for (auto [number, value] : llvm::enumerate(op.getOperands())) {
    auto name = function.getResultAttrOfType<StringAttr>(number, "nn.name");
    std::string label = name ? name.str() : std::to_string(number);
    addEdge(value,
            addNode(label + ": " + typeText(value.getType()), "ellipse"));
  }
}

void DotPrinter::print(func::FuncOp function) {
  auto entry = function->getAttrOfType<StringAttr>("nn.entry");
  std::string label = entry ? entry.str() : function.getName().str();
  if (auto dims = function->getAttrOfType<DictionaryAttr>("nn.dims"))
    for (NamedAttribute dim : dims)
      label += " " + dim.getName().str() + "=" +
               std::to_string(cast<IntegerAttr>(dim.getValue()).getInt());
  if (nn::isForPrepared(function))
    label += " with a prepared state";
  beginBox(label, "style=solid;");
  for (BlockArgument argument : function.getArguments()) {
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                      "nn.name");
    makers[argument] =
        addNode((name ? name.str() : "") + ": " + typeText(argument.getType()),
                "ellipse");
  }
  Block &body = function.getBody().front();
  printOps(body);
  printReturn(cast<func::ReturnOp>(body.getTerminator()), function);
  endBox();
}

void printDot(ModuleOp module, raw_ostream &os) {
  auto model = module->getAttrOfType<StringAttr>("nn.model");
  os << "digraph \"" << llvm::DOT::EscapeString(model ? model.str() : "model")
     << "\" {\n  rankdir=TB; node [fontsize=10]; edge [fontsize=9];\n";
  DotPrinter printer(os);
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      printer.print(function);
  printer.printEdges();
  os << "}\n";
}

} // namespace sinter
