#include "platform/bus/rabbitmq_wire.hpp"

#include "base/text.hpp"

namespace platform::rabbitmq {
namespace {

constexpr uint8_t kTransient = 1;
constexpr uint8_t kPersistent = 2;

std::optional<std::string> header_text(const amqp_field_value_t& value) {
  switch (value.kind) {
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
      return to_text(value.value.bytes);
    case AMQP_FIELD_KIND_I32:
      return std::to_string(value.value.i32);
    case AMQP_FIELD_KIND_I64:
      return std::to_string(value.value.i64);
    default:
      return std::nullopt;
  }
}

}  // namespace

amqp_table_entry_t text_entry(std::string_view key, std::string_view value) {
  amqp_table_entry_t entry{bytes(key), {}};
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes(value);
  return entry;
}

amqp_table_entry_t number_entry(std::string_view key, int64_t value) {
  amqp_table_entry_t entry{bytes(key), {}};
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

WireProperties::WireProperties(const Properties& properties, const std::string& user) {
  const auto set = [this](amqp_flags_t flag, amqp_bytes_t& field, const std::string& text) {
    if (text.empty()) return;
    wire_._flags |= flag;
    field = bytes(text);
  };
  wire_._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG;
  wire_.delivery_mode = properties.persistent ? kPersistent : kTransient;
  wire_.content_type = bytes("application/json");
  if (properties.expiration)
    expiration_ = std::to_string(
        std::chrono::duration_cast<std::chrono::milliseconds>(*properties.expiration).count());
  set(AMQP_BASIC_EXPIRATION_FLAG, wire_.expiration, expiration_);
  set(AMQP_BASIC_MESSAGE_ID_FLAG, wire_.message_id, properties.message_id);
  set(AMQP_BASIC_CORRELATION_ID_FLAG, wire_.correlation_id, properties.correlation_id);
  set(AMQP_BASIC_REPLY_TO_FLAG, wire_.reply_to, properties.reply_to);
  set(AMQP_BASIC_TYPE_FLAG, wire_.type, properties.type);
  set(AMQP_BASIC_USER_ID_FLAG, wire_.user_id, user);
  for (const auto& [key, value] : properties.headers) headers_.push_back(text_entry(key, value));
  if (headers_.empty()) return;
  wire_._flags |= AMQP_BASIC_HEADERS_FLAG;
  wire_.headers = {static_cast<int>(headers_.size()), headers_.data()};
}

Properties from_wire(const amqp_basic_properties_t& wire) {
  const auto text = [&wire](amqp_flags_t flag, amqp_bytes_t field) {
    return (wire._flags & flag) != 0 ? to_text(field) : std::string();
  };
  Properties properties;
  properties.message_id = text(AMQP_BASIC_MESSAGE_ID_FLAG, wire.message_id);
  properties.correlation_id = text(AMQP_BASIC_CORRELATION_ID_FLAG, wire.correlation_id);
  properties.reply_to = text(AMQP_BASIC_REPLY_TO_FLAG, wire.reply_to);
  properties.type = text(AMQP_BASIC_TYPE_FLAG, wire.type);
  properties.user_id = text(AMQP_BASIC_USER_ID_FLAG, wire.user_id);
  properties.persistent =
      (wire._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) != 0 && wire.delivery_mode == kPersistent;
  if (const auto limit = base::parse_integer(text(AMQP_BASIC_EXPIRATION_FLAG, wire.expiration)))
    properties.expiration = std::chrono::milliseconds{*limit};
  if ((wire._flags & AMQP_BASIC_HEADERS_FLAG) != 0)
    for (int i = 0; i < wire.headers.num_entries; ++i) {
      const amqp_table_entry_t& entry = wire.headers.entries[i];
      if (auto value = header_text(entry.value))
        properties.headers.emplace(to_text(entry.key), std::move(*value));
    }
  return properties;
}

}  // namespace platform::rabbitmq
