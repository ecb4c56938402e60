#include "cinder/scheduler/expression.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cinder/scheduler/expression_tree.hpp"

namespace cinder::scheduler {
namespace {

using Kind = Node::Kind;

[[noreturn]] void fail_to_evaluate(const std::string& why) {
  throw base::Error(base::ErrorKind::bad_request, "The expression has no value: " + why + ".");
}

std::optional<double> parse_number(std::string_view text) {
  const std::string_view digits = base::trim(text);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

Value value_of_text(const std::string& text) {
  if (const auto number = parse_number(text)) return *number;
  return text;
}

double number_of(const Value& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  if (const double* number = std::get_if<double>(&value)) return *number;
  fail_to_evaluate("'" + std::get<std::string>(value) + "' is no number");
}

double finite(double number) {
  if (!std::isfinite(number)) fail_to_evaluate("a number is too large, or none");
  return number;
}

double compute(double left, const std::string& sign, double right) {
  if (sign == "+") return finite(left + right);
  if (sign == "-") return finite(left - right);
  if (sign == "*") return finite(left * right);
  if (right == 0) fail_to_evaluate("a division by zero");
  return finite(left / right);
}

template <class T>
bool compare(const T& left, const std::string& sign, const T& right) {
  if (sign == "<") return left < right;
  if (sign == "<=") return left <= right;
  if (sign == ">") return left > right;
  if (sign == ">=") return left >= right;
  if (sign == "==") return left == right;
  return left != right;
}

// A text and a number are different, and neither is the larger.
bool compare_values(const Value& left, const std::string& sign, const Value& right) {
  const auto* left_text = std::get_if<std::string>(&left);
  const auto* right_text = std::get_if<std::string>(&right);
  if (left_text && right_text) return compare(*left_text, sign, *right_text);
  if (!left_text && !right_text) return compare(number_of(left), sign, number_of(right));
  if (sign == "==") return false;
  if (sign == "!=" || sign == "<>") return true;
  fail_to_evaluate("a text is compared with a number");
}

class Evaluation {
 public:
  explicit Evaluation(const Names& names) : names_(names) {}

  Value value_of(const Node& node) const {
    switch (node.kind) {
      case Kind::number:
        return value_of_text(node.text);
      case Kind::text:
        return node.text;
      case Kind::name:
        return value_of_name(node.text);
      case Kind::call:
        return call(node);
      case Kind::power:
        return power(node);
      case Kind::sign:
        return sign(node);
      case Kind::arithmetic:
        return arithmetic(node);
      case Kind::negation:
        return !is_true(value_of(node.operands[0]));
      case Kind::comparison:
        return comparison(node);
      case Kind::ternary:
        return value_of(node.operands[is_true(value_of(node.operands[0])) ? 1 : 2]);
      case Kind::all_of:
        return first_that_is(false, node);
      case Kind::any_of:
        return first_that_is(true, node);
    }
    return false;
  }

 private:
  Value value_of_name(const std::string& text) const {
    const size_t dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == text.size() ||
        text.find('.', dot + 1) != std::string::npos)
      return text;
    const auto found = names_(std::string_view(text).substr(0, dot), text.substr(dot + 1));
    if (!found) fail_to_evaluate("'" + text + "' is not known");
    return value_of_text(*found);
  }

  std::vector<Value> values_of(const Node& node) const {
    std::vector<Value> values;
    for (const Node& operand : node.operands) values.push_back(value_of(operand));
    return values;
  }

  Value call(const Node& node) const {
    const std::vector<Value> values = values_of(node);
    if (node.text == "abs" && values.size() == 1) return std::abs(number_of(values[0]));
    if ((node.text != "min" && node.text != "max") || values.size() < 2)
      fail_to_evaluate("there is no function '" + node.text + "' of so many values");
    std::vector<double> numbers;
    for (const Value& value : values) numbers.push_back(number_of(value));
    const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
    return node.text == "min" ? *low : *high;
  }

  Value power(const Node& node) const {
    const double base = number_of(value_of(node.operands[0]));
    return finite(std::pow(base, number_of(value_of(node.operands[1]))));
  }

  Value sign(const Node& node) const {
    const double number = number_of(value_of(node.operands[0]));
    return node.operators[0] == "-" ? -number : number;
  }

  Value arithmetic(const Node& node) const {
    double result = number_of(value_of(node.operands[0]));
    for (size_t i = 0; i < node.operators.size(); ++i)
      result = compute(result, node.operators[i], number_of(value_of(node.operands[i + 1])));
    return result;
  }

  Value comparison(const Node& node) const {
    Value left = value_of(node.operands[0]);
    for (size_t i = 0; i < node.operators.size(); ++i) {
      Value right = value_of(node.operands[i + 1]);
      if (!compare_values(left, node.operators[i], right)) return false;
      left = std::move(right);
    }
    return true;
  }

  Value first_that_is(bool wanted, const Node& node) const {
    const std::vector<Value> values = values_of(node);
    for (const Value& value : values)
      if (is_true(value) == wanted) return value;
    return values.back();
  }

  const Names& names_;
};

}  // namespace

bool is_true(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return !text->empty();
  return number_of(value) != 0;
}

Value evaluate(std::string_view expression, const Names& names) {
  return Evaluation(names).value_of(parse_expression(expression));
}

}  // namespace cinder::scheduler
