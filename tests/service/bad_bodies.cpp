#include "bad_bodies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace api_edge {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

using Path = std::vector<std::string>;

std::string to_text(const Path& path) {
  std::string text;
  for (const std::string& step : path) text += "/" + step;
  return text;
}

Json* find(Json& document, const Path& path) {
  Json* value = &document;
  for (const std::string& step : path) {
    if (value->is_array()) {
      const size_t index = std::stoul(step);
      if (index >= value->get_array().size()) return nullptr;
      value = &value->get_array()[index];
    } else if (value->is_object()) {
      value = value->get_object().if_contains(step);
    } else {
      return nullptr;
    }
    if (!value) return nullptr;
  }
  return value;
}

void visit(const Json& value, Path& path,
           const std::function<void(const Json&, const Path&)>& each) {
  each(value, path);
  const auto below = [&](const Json& child, std::string step) {
    path.push_back(std::move(step));
    visit(child, path, each);
    path.pop_back();
  };
  if (const JsonObject* object = value.if_object())
    for (const auto& [key, member] : *object) below(member, std::string(key));
  if (const JsonArray* array = value.if_array())
    for (size_t i = 0; i < array->size(); ++i) below((*array)[i], std::to_string(i));
}

std::string repeated(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

// A value of a scalar's place that no service takes there.
std::vector<Json> wrong_for(const Json& value) {
  const Json object = JsonObject{{"a", JsonObject{{"b", 1}}}};
  const Json array = JsonArray{JsonArray{1}, nullptr};
  if (value.is_object()) return {array, Json("text"), Json(5), Json(true)};
  if (value.is_array()) return {object, Json("text"), Json(5), Json(true)};
  if (value.is_string()) return {object, array};
  return {object, array, Json("neither"), Json(std::string("1\0", 2))};
}

// What may or may not fit, but must not break anything.
std::vector<Json> odd_for(const Json& value) {
  std::vector<Json> odd{nullptr,          Json(-1),    Json(INT64_MAX),
                        Json(UINT64_MAX), Json(1e308), Json("")};
  if (value.is_string()) {
    odd.emplace_back(repeated("x", 256));
    odd.emplace_back(repeated("\xc3\xa9", 300));
    odd.emplace_back(repeated("y", 65536));
    odd.emplace_back("' OR 1=1 --");
    odd.emplace_back("%s%n{}");
    odd.emplace_back("a\r\nX-Injected: 1");
    odd.emplace_back("../../etc/passwd");
    odd.emplace_back("-1");
    odd.emplace_back("99999999999999999999999");
  }
  if (value.is_bool() || value.is_number()) odd.emplace_back("no");
  if (value.is_array()) odd.emplace_back(JsonArray(1000, "x"));
  return odd;
}

std::string shortened(const Json& value) {
  const std::string text = base::to_text(value);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

BadBody with(const Json& good, const Path& path, const Json& value, bool must_fail) {
  Json changed = good;
  *find(changed, path) = value;
  return {fmt::format("{} = {}", to_text(path), shortened(value)), base::to_text(changed),
          must_fail};
}

}  // namespace

std::vector<BadBody> malformed_bodies(const std::string& good) {
  std::vector<BadBody> out{
      {"an open brace", "{"},
      {"words", "no JSON at all"},
      {"half of it", good.substr(0, good.size() / 2)},
      {"more after the end", good + "}"},
      {"a byte order mark", "\xef\xbb\xbf" + good},
      {"a number", "5"},
      {"a text", "\"text\""},
      {"true", "true"},
      {"an empty object", "{}"},
      {"arrays, 1000 deep", repeated("[", 1000) + repeated("]", 1000)},
      {"objects, 1000 deep", repeated("{\"a\":", 1000) + "1" + repeated("}", 1000)},
      {"100,000 open brackets", repeated("[", 100000)},
      {"bytes that are not UTF-8", "{\"\xff\xfe\":\"\xc3\x28\"}"},
      {"half a surrogate pair", R"({"a":"\ud800"})"},
      {"a number out of range", R"({"a":1e999999})"},
      {"NaN", R"({"a":NaN})"},
      {"a comment", "/* */" + good},
  };
  if (!good.starts_with('{')) return out;
  // Of a member that is there twice the last one counts, as in Python.
  const size_t quote = good.find('"', 2);
  const std::string first_key = good.substr(1, quote);
  out.push_back(
      {"the same member twice", good.substr(0, good.size() - 1) + "," + first_key + ":5}"});
  return out;
}

std::vector<BadBody> changed_bodies(const Json& good) {
  std::vector<BadBody> out;
  std::vector<BadBody> odd;
  Path start;
  visit(good, start, [&](const Json& value, const Path& path) {
    for (const Json& wrong : wrong_for(value)) out.push_back(with(good, path, wrong, true));
    if (value.is_string()) {
      out.push_back(with(good, path, Json(std::string("a\0b", 3)), true));
      // What a parser that trusts its input would hand on.
      BadBody broken = with(good, path, Json("BROKEN"), true);
      broken.text.replace(broken.text.find("BROKEN"), 6, "a\xff\xfe");
      broken.what += " (bytes that are not UTF-8)";
      out.push_back(std::move(broken));
    }
    for (const Json& value_of : odd_for(value)) odd.push_back(with(good, path, value_of, false));
  });
  out.insert(out.end(), odd.begin(), odd.end());
  return out;
}

std::vector<BadBody> reshaped_bodies(const Json& good) {
  std::vector<BadBody> out;
  const std::vector<Json> one_of_each{
      JsonObject{{"x", 1}}, JsonArray{"x"}, Json("text"), Json(true), nullptr, Json(7), Json(1.5)};
  Path start;
  visit(good, start, [&](const Json& value, const Path& path) {
    for (const Json& other : one_of_each)
      if (other.kind() != value.kind()) out.push_back(with(good, path, other, true));
    const JsonObject* object = value.if_object();
    if (!object) return;
    JsonObject more = *object;
    more["surprise!"] = 1;
    out.push_back(with(good, path, more, true));
    for (const auto& [key, member] : *object) {
      JsonObject less = *object;
      less.erase(key);
      out.push_back(with(good, path, less, true));
      out.back().what = fmt::format("{} without {}", to_text(path), std::string_view(key));
    }
  });
  return out;
}

}  // namespace api_edge
