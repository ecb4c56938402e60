#include "neutron/api/validators.hpp"

#include <set>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "neutron/app/errors.hpp"
#include "neutron/ip.hpp"

namespace neutron::api {
namespace {

using Reason = std::optional<std::string>;

enum class Repeats { refused, allowed };

// Every item passes.
template <class Check>
Reason each(const base::Json& value, std::string_view what, Check check,
            Repeats repeats = Repeats::refused) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_array()) return fmt::format("Invalid data format for {}: '{}'", what, show(value));
  std::set<std::string> seen;
  for (const base::Json& item : value.get_array()) {
    if (auto reason = check(item)) return reason;
    if (repeats == Repeats::refused && !seen.insert(base::to_text(item)).second)
      return fmt::format("Duplicate items in the list: '{}'", show(item));
  }
  return std::nullopt;
}

std::string text_of(const base::Json& value) {
  return value.is_string() ? std::string(value.get_string()) : std::string();
}

Reason has_only(const base::Json& item, std::initializer_list<std::string_view> keys,
                std::string_view what) {
  if (!item.is_object()) return fmt::format("Invalid data format for {}: '{}'", what, show(item));
  for (const auto& [key, value] : item.get_object())
    if (std::find(keys.begin(), keys.end(), std::string_view(key)) == keys.end())
      return fmt::format("Invalid data format for {}: '{}'", what, show(item));
  return std::nullopt;
}

}  // namespace

std::string show(const base::Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "None";
  if (value.is_bool()) return value.get_bool() ? "True" : "False";
  return base::to_text(value);
}

Reason check_text(const base::Json& value, size_t max_length) {
  if (!value.is_string()) return fmt::format("'{}' is not a valid string", show(value));
  if (base::utf8_length(value.get_string()).value_or(0) > max_length)
    return fmt::format("'{}' exceeds maximum length of {}", show(value), max_length);
  return std::nullopt;
}

Reason is_uuid(const base::Json& value) {
  if (value.is_string() && base::is_uuid_like(value.get_string())) return std::nullopt;
  return fmt::format("'{}' is not a valid UUID", show(value));
}

Reason is_uuid_or_null(const base::Json& value) {
  return value.is_null() ? std::nullopt : is_uuid(value);
}

Reason is_uuid_list(const base::Json& value) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_array()) return fmt::format("'{}' is not a list", show(value));
  return each(value, "list", is_uuid);
}

Reason is_mac(const base::Json& value) {
  if (parse_mac(text_of(value))) return std::nullopt;
  return fmt::format("'{}' is not a valid MAC address", show(value));
}

Reason is_ip_or_null(const base::Json& value) {
  if (value.is_null() || parse_ip(text_of(value))) return std::nullopt;
  return fmt::format("'{}' is not a valid IP address", show(value));
}

Reason is_cidr_or_null(const base::Json& value) {
  if (value.is_null()) return std::nullopt;
  const std::string text = text_of(value);
  const auto cidr = parse_cidr(text);
  if (!cidr) return fmt::format("'{}' is not a valid IP subnet", show(value));
  // Host bits may be set: they are cut off.
  if (text.find('/') != std::string::npos) return std::nullopt;
  return fmt::format("'{}' isn't a recognized IP subnet cidr, '{}' is recommended", show(value),
                     to_text(*cidr));
}

Reason is_cidr_list(const base::Json& value) {
  return each(value, "subnet list", [](const base::Json& item) -> Reason {
    if (item.is_null()) return "'None' is not a valid IP subnet";
    return is_cidr_or_null(item);
  });
}

Reason is_object_or_null(const base::Json& value) {
  if (value.is_null() || value.is_object()) return std::nullopt;
  return fmt::format("'{}' is not a dictionary", show(value));
}

Reason is_text_list(const base::Json& value) {
  if (!value.is_array()) return fmt::format("'{}' is not a list", show(value));
  return each(value, "list", [](const base::Json& item) { return check_text(item, 255); });
}

Reason is_pool_list(const base::Json& value) {
  return each(value, "IP pool", [](const base::Json& item) -> Reason {
    if (auto reason = has_only(item, {"start", "end"}, "IP pool")) return reason;
    for (const auto key : {"start", "end"})
      if (!parse_ip(base::text_or(item, key)))
        return fmt::format("'{}' is not a valid IP address", base::text_or(item, key));
    return std::nullopt;
  });
}

Reason is_fixed_ip_list(const base::Json& value) {
  if (value.is_null()) return std::nullopt;
  std::set<std::string> addresses;
  return each(
      value, "fixed IP",
      [&](const base::Json& item) -> Reason {
        if (auto reason = has_only(item, {"subnet_id", "ip_address", "subnet"}, "fixed IP"))
          return reason;
        if (const base::Json* ip = base::find(item, "ip_address")) {
          if (!parse_ip(text_of(*ip)))
            return fmt::format("'{}' is not a valid IP address", show(*ip));
          const std::string key = base::text_or(item, "subnet_id") +
                                  to_text(parse_ip(text_of(*ip)).value_or(IpAddress{}));
          if (!addresses.insert(key).second)
            return fmt::format("Duplicate IP address '{}'", show(*ip));
        }
        if (const base::Json* subnet = base::find(item, "subnet_id")) return is_uuid(*subnet);
        return std::nullopt;
      },
      Repeats::allowed);
}

Reason is_route_list(const base::Json& value) {
  return each(value, "hostroute", [](const base::Json& item) -> Reason {
    if (auto reason = has_only(item, {"destination", "nexthop"}, "hostroute")) return reason;
    if (!parse_cidr(base::text_or(item, "destination")))
      return fmt::format("'{}' is not a valid IP subnet", base::text_or(item, "destination"));
    if (!parse_ip(base::text_or(item, "nexthop")))
      return fmt::format("'{}' is not a valid IP address", base::text_or(item, "nexthop"));
    return std::nullopt;
  });
}

Reason is_nameserver_list(const base::Json& value) {
  return each(value, "nameserver", [](const base::Json& item) -> Reason {
    if (parse_ip(text_of(item))) return std::nullopt;
    return fmt::format("'{0}' is not a valid nameserver. '{0}' is not a valid IP address",
                       show(item));
  });
}

Reason is_address_pair_list(const base::Json& value) {
  return each(
      value, "allowed address pair",
      [](const base::Json& item) -> Reason {
        if (auto reason = has_only(item, {"mac_address", "ip_address"}, "allowed address pair"))
          return reason;
        if (const base::Json* mac = base::find(item, "mac_address"))
          if (auto reason = is_mac(*mac)) return reason;
        const base::Json* ip = base::find(item, "ip_address");
        if (!ip) return "AllowedAddressPair must contain ip_address";
        if (!parse_cidr(text_of(*ip)))
          return fmt::format("'{}' is not a valid IP address or subnet", show(*ip));
        return std::nullopt;
      },
      Repeats::allowed);
}

Reason is_dhcp_option_list(const base::Json& value) {
  return each(
      value, "extra DHCP option",
      [](const base::Json& item) -> Reason {
        if (auto reason =
                has_only(item, {"opt_name", "opt_value", "ip_version", "id"}, "extra DHCP option"))
          return reason;
        const base::Json* name = base::find(item, "opt_name");
        if (!name || text_of(*name).empty() || check_text(*name, 64))
          return fmt::format("Invalid data format for extra DHCP option: '{}'", show(item));
        const base::Json* option = base::find(item, "opt_value");
        if (option && !option->is_null() && (text_of(*option).empty() || check_text(*option, 255)))
          return fmt::format("Invalid data format for extra DHCP option: '{}'", show(item));
        if (const base::Json* version = base::find(item, "ip_version"))
          return is_one_of(to_integer(*version), {"4", "6"});
        return std::nullopt;
      },
      Repeats::allowed);
}

Reason is_number_from(const base::Json& value, int64_t min, int64_t max) {
  const auto number =
      value.is_int64() ? std::optional(value.get_int64()) : base::parse_integer(text_of(value));
  if (!number) return fmt::format("'{}' is not an integer", show(value));
  if (*number < min) return fmt::format("'{}' is too small - must be at least '{}'", *number, min);
  if (*number > max)
    return fmt::format("'{}' is too large - must be no larger than '{}'", *number, max);
  return std::nullopt;
}

Reason is_one_of(const base::Json& value, std::initializer_list<std::string_view> values) {
  const std::string shown = show(value);
  std::string list;
  for (const std::string_view known : values) {
    if (known == shown) return std::nullopt;
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", known);
  }
  return fmt::format("'{}' is not in [{}]", shown, list);
}

base::Json to_boolean(const base::Json& value) {
  if (value.is_bool()) return value;
  const std::string text = base::lower(show(value));
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  throw app::invalid_input(fmt::format("'{}' cannot be converted to boolean", show(value)));
}

base::Json to_integer(const base::Json& value) {
  if (value.is_null() || value.is_int64()) return value;
  const auto number = base::parse_integer(text_of(value));
  if (!number) throw app::invalid_input(fmt::format("'{}' is not an integer", show(value)));
  return *number;
}

base::Json null_to_empty_list(const base::Json& value) {
  return value.is_null() ? base::Json(base::JsonArray{}) : value;
}

base::Json null_to_empty_text(const base::Json& value) {
  return value.is_null() ? base::Json("") : value;
}

base::Json to_canonical_mac(const base::Json& value) {
  return base::Json(parse_mac(text_of(value)).value_or(text_of(value)));
}

}  // namespace neutron::api
