// What an API answered, for tests to look into.
#pragma once

#include <string>

#include "base/json.hpp"
#include "platform/http/message.hpp"

namespace service_tests {

struct Answer {
  int status = 0;
  base::Json json;
  platform::http::Headers headers;
  std::string body;

  // A member by path: at("server", "addresses", "net", 0). Throws if it is not there.
  template <class... Steps>
  [[nodiscard]] const base::Json& at(Steps... steps) const {
    const base::Json* value = &json;
    ((value = &step(*value, steps)), ...);
    return *value;
  }
  template <class... Steps>
  [[nodiscard]] std::string text(Steps... steps) const {
    return std::string(at(steps...).as_string());
  }
  // The message of an error body in Nova's manner.
  [[nodiscard]] std::string message() const;

 private:
  static const base::Json& step(const base::Json& value, const char* key) {
    return value.as_object().at(key);
  }
  static const base::Json& step(const base::Json& value, int index) {
    return value.as_array().at(static_cast<size_t>(index));
  }
};

}  // namespace service_tests
