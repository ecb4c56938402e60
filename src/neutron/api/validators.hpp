// The checks of attribute values, with the words of neutron_lib.api.validators.
#pragma once

#include <fmt/core.h>

#include <initializer_list>

#include "neutron/api/attribute.hpp"

namespace neutron::api {

// As Python prints it in a message.
[[nodiscard]] std::string show(const base::Json& value);

[[nodiscard]] std::optional<std::string> check_text(const base::Json& value, size_t max_length);
template <size_t kMax>
std::optional<std::string> text_up_to(const base::Json& value) {
  return check_text(value, kMax);
}
template <size_t kMax>
std::optional<std::string> text_up_to_or_null(const base::Json& value) {
  if (value.is_null()) return std::nullopt;
  return check_text(value, kMax);
}

[[nodiscard]] std::optional<std::string> is_uuid(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_uuid_or_null(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_uuid_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_mac(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_ip_or_null(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_cidr_or_null(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_cidr_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_object_or_null(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_text_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_pool_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_fixed_ip_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_route_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_nameserver_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_address_pair_list(const base::Json& value);
[[nodiscard]] std::optional<std::string> is_dhcp_option_list(const base::Json& value);

// Null, or a whole number also given as text.
[[nodiscard]] std::optional<std::string> is_number_from(const base::Json& value, int64_t min,
                                                        int64_t max);
template <int64_t kMin, int64_t kMax>
std::optional<std::string> number_in(const base::Json& value) {
  return is_number_from(value, kMin, kMax);
}
template <int64_t kMin, int64_t kMax>
std::optional<std::string> number_in_or_null(const base::Json& value) {
  if (value.is_null()) return std::nullopt;
  return is_number_from(value, kMin, kMax);
}

[[nodiscard]] std::optional<std::string> is_one_of(const base::Json& value,
                                                   std::initializer_list<std::string_view> values);

// Convert true/false, 0/1 and their texts. Throws InvalidInput.
[[nodiscard]] base::Json to_boolean(const base::Json& value);
// Numbers from text; null stays.
[[nodiscard]] base::Json to_integer(const base::Json& value);
[[nodiscard]] base::Json null_to_empty_list(const base::Json& value);
[[nodiscard]] base::Json null_to_empty_text(const base::Json& value);
[[nodiscard]] base::Json to_canonical_mac(const base::Json& value);

}  // namespace neutron::api
