// An expression as a tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cinder::scheduler {

struct Node {
  enum class Kind {
    number,
    text,
    name,
    call,
    power,
    sign,
    arithmetic,
    negation,
    comparison,
    ternary,
    all_of,
    any_of
  };
  Kind kind = Kind::number;
  std::string text;                    // the constant, the name, or the function
  std::vector<std::string> operators;  // one between two operands each, or the sign
  std::vector<Node> operands;
};

// Throws as evaluate(). No deeper than kDeepestExpression allows.
[[nodiscard]] Node parse_expression(std::string_view expression);

}  // namespace cinder::scheduler
