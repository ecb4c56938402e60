#include "answer.hpp"

namespace service_tests {

std::string Answer::message() const {
  return json.is_object() && !json.as_object().empty()
             ? base::text_or(json.as_object().begin()->value(), "message")
             : body;
}

}  // namespace service_tests
