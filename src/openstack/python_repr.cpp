#include "openstack/python_repr.hpp"

#include <fmt/core.h>

namespace openstack {
namespace {

std::string float_repr(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string array_repr(const base::JsonArray& array) {
  std::string out = "[";
  for (const base::Json& item : array) {
    if (&item != &array.front()) out += ", ";
    out += python_repr(item);
  }
  return out + "]";
}

std::string object_repr(const base::JsonObject& object) {
  std::string out = "{";
  for (const auto& [key, item] : object) {
    if (out.size() > 1) out += ", ";
    out += python_repr(std::string_view(key)) + ": " + python_repr(item);
  }
  return out + "}";
}

}  // namespace

std::string python_repr(std::string_view text) {
  const bool double_quotes =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == quote || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + quote;
}

std::string python_repr(const base::Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "None";
    case boost::json::kind::bool_:
      return value.get_bool() ? "True" : "False";
    case boost::json::kind::int64:
      return std::to_string(value.get_int64());
    case boost::json::kind::uint64:
      return std::to_string(value.get_uint64());
    case boost::json::kind::double_:
      return float_repr(value.get_double());
    case boost::json::kind::string:
      return python_repr(std::string_view(value.get_string()));
    case boost::json::kind::array:
      return array_repr(value.get_array());
    case boost::json::kind::object:
      return object_repr(value.get_object());
  }
  return "";
}

std::string python_str(const base::Json& value) {
  return value.is_string() ? std::string(value.get_string()) : python_repr(value);
}

}  // namespace openstack
