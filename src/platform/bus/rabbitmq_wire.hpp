// Values of rabbitmq-c from ours and back. Only for rabbitmq_connection.cpp.
#pragma once

#include <amqp.h>

#include <string>
#include <string_view>
#include <vector>

#include "platform/bus/rabbitmq_connection.hpp"

namespace platform::rabbitmq {

// A view: valid as long as the text.
[[nodiscard]] inline amqp_bytes_t bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
[[nodiscard]] inline std::string to_text(amqp_bytes_t text) {
  return {static_cast<const char*>(text.bytes), text.len};
}
[[nodiscard]] amqp_table_entry_t text_entry(std::string_view key, std::string_view value);
[[nodiscard]] amqp_table_entry_t number_entry(std::string_view key, int64_t value);

// A view of Properties and of the user who sends them, valid as long as they are.
class WireProperties {
 public:
  WireProperties(const Properties& properties, const std::string& user);
  [[nodiscard]] const amqp_basic_properties_t& get() const { return wire_; }

 private:
  std::string expiration_;
  std::vector<amqp_table_entry_t> headers_;
  amqp_basic_properties_t wire_{};
};

[[nodiscard]] Properties from_wire(const amqp_basic_properties_t& wire);

}  // namespace platform::rabbitmq
