// What goes into and comes out of a column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace platform {

// A parameter of a statement. Booleans are 0/1, times are microseconds since 1970.
class SqlValue {
 public:
  using Variant = std::variant<std::nullptr_t, int64_t, double, std::string>;
  SqlValue(std::nullptr_t) : value_(nullptr) {}
  SqlValue(std::string text) : value_(std::move(text)) {}
  SqlValue(std::string_view text) : value_(std::string(text)) {}
  SqlValue(const char* text) : value_(std::string(text)) {}
  SqlValue(double number) : value_(number) {}
  SqlValue(base::TimePoint time) : value_(time.time_since_epoch().count()) {}
  template <class T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>)
  SqlValue(T number) : value_(static_cast<int64_t>(number)) {}
  template <class T>
  SqlValue(const std::optional<T>& maybe) : value_(nullptr) {
    if (maybe) value_ = SqlValue(*maybe).value_;
  }
  [[nodiscard]] const Variant& get() const { return value_; }

 private:
  Variant value_;
};

using SqlValues = std::vector<SqlValue>;

// The row a statement stands on. Views are valid until the next row.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  [[nodiscard]] virtual size_t size() const = 0;
  [[nodiscard]] virtual bool is_null(size_t column) const = 0;
  [[nodiscard]] virtual int64_t integer(size_t column) const = 0;
  [[nodiscard]] virtual double real(size_t column) const = 0;
  [[nodiscard]] virtual std::string_view text(size_t column) const = 0;

  template <class T>
  [[nodiscard]] T get(size_t column) const {
    if constexpr (requires { typename T::value_type; } && !std::is_same_v<T, std::string>) {
      if (is_null(column)) return std::nullopt;
      return get<typename T::value_type>(column);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return std::string(text(column));
    } else if constexpr (std::is_same_v<T, base::TimePoint>) {
      return base::TimePoint{base::Duration{integer(column)}};
    } else if constexpr (std::is_floating_point_v<T>) {
      return real(column);
    } else if constexpr (std::is_same_v<T, bool>) {
      return integer(column) != 0;
    } else {
      return static_cast<T>(integer(column));
    }
  }
};

}  // namespace platform
