// The language of filter_function and goodness_function in cinder.conf:
//   "volume.size < 10 and capabilities.total_volumes < 20 ? 100 : max(stats.free_capacity_gb, 5)"
// https://docs.openstack.org/cinder/latest/admin/driver-filter-weighing.html
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cinder::scheduler {

// Longest text of an expression, and its deepest nesting.
inline constexpr size_t kLongestExpression = 4096;
inline constexpr int kDeepestExpression = 40;

using Value = std::variant<bool, double, std::string>;
// The text of "GROUP.NAME"; none: it is not known.
using Names =
    std::function<std::optional<std::string>(std::string_view group, std::string_view name)>;

// From what binds closest to what binds least: a function's call (abs, min, max), ^ (from right to
// left), signs, * /, + -, negation (not ! NOT), comparisons (a chain holds if all of it does), the
// ternary ?:, and && AND, or || OR. Both sides of `and` and `or` are evaluated, and the result is
// the side that decided, as in Python; of a ternary only what was chosen. A name whose text is a
// number is that; a word without a dot, or in quotes, is a text. Throws base::Error(bad_request)
// that says what is wrong: no such name, no number, a division by zero, nothing that can be read.
[[nodiscard]] Value evaluate(std::string_view expression, const Names& names);

// As Python sees it: no 0, nor an empty text.
[[nodiscard]] bool is_true(const Value& value);

}  // namespace cinder::scheduler
