#include <array>

#include "base/text.hpp"
#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/api/views.hpp"
#include "neutron/app/security_groups.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/ip.hpp"

namespace neutron::api {
namespace {

std::optional<std::string> is_direction(const base::Json& value) {
  return is_one_of(value, {"ingress", "egress"});
}

base::Json to_protocol(const base::Json& value) {
  if (value.is_null()) return value;
  const std::string protocol = base::lower(show(value));
  if (protocol == "any") return nullptr;
  if (app::protocol_number(protocol, "IPv4")) return base::Json(protocol);
  throw app::bad_request(
      "SecurityGroupRuleInvalidProtocol",
      "Security group rule protocol {} not supported. Only protocol values [None, 'ah', 'dccp', "
      "'egp', 'esp', 'gre', 'hopopt', 'icmp', 'icmpv6', 'igmp', 'ip', 'ipip', 'ipv6-encap', "
      "'ipv6-frag', 'ipv6-icmp', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route', 'ospf', 'pgm', 'rsvp', "
      "'sctp', 'tcp', 'udp', 'udplite', 'vrrp'] and integer representations [0 to 255] are "
      "supported.",
      show(value));
}

base::Json to_ethertype(const base::Json& value) {
  const std::string lower = base::lower(show(value));
  if (lower == "ipv4") return "IPv4";
  if (lower == "ipv6") return "IPv6";
  throw app::bad_request("SecurityGroupRuleInvalidEtherType",
                         "Security group rule for ethertype '{}' not supported. Allowed values are "
                         "['IPv4', 'IPv6'].",
                         show(value));
}

base::Json to_port(const base::Json& value) {
  if (value.is_null()) return value;
  const auto number =
      value.is_int64() ? std::optional(value.get_int64()) : base::parse_integer(show(value));
  if (!number || *number < 0 || *number > 65535)
    throw app::bad_request("SecurityGroupInvalidPortValue", "Invalid value for port {}",
                           show(value));
  return *number;
}

base::Json to_prefix(const base::Json& value) {
  if (value.is_null()) return value;
  const std::string prefix = show(value);
  const auto cidr = parse_cidr(prefix);
  if (!cidr) throw app::bad_request("InvalidCIDR", "Invalid CIDR {} given as IP prefix.", prefix);
  return base::Json(prefix.find('/') == std::string::npos ? to_text(*cidr) : prefix);
}

constexpr std::array kSecurityGroupRuleAttributes{
    standard::kId,
    standard::kProjectId,
    Attribute{
        .name = "security_group_id", .post = true, .required = true, .column = "security_group_id"},
    Attribute{.name = "direction",
              .post = true,
              .required = true,
              .validate = is_direction,
              .column = "direction"},
    Attribute{.name = "ethertype",
              .post = true,
              .default_value = R"("IPv4")",
              .convert = to_ethertype,
              .column = "ethertype"},
    Attribute{.name = "protocol", .post = true, .convert = to_protocol, .column = "protocol"},
    Attribute{.name = "port_range_min",
              .post = true,
              .convert = to_port,
              .column = "port_range_min",
              .kind = Kind::integer},
    Attribute{.name = "port_range_max",
              .post = true,
              .convert = to_port,
              .column = "port_range_max",
              .kind = Kind::integer},
    Attribute{.name = "remote_ip_prefix",
              .post = true,
              .convert = to_prefix,
              .column = "remote_ip_prefix"},
    Attribute{.name = "remote_group_id", .post = true, .column = "remote_group_id"},
    Attribute{.name = "description",
              .post = true,
              .default_value = R"("")",
              .validate = text_up_to_or_null<255>,
              .convert = null_to_empty_text,
              .column = "description"},
    Attribute{.name = "normalized_cidr"},
    standard::kCreatedAt,
    standard::kUpdatedAt,
    standard::kRevisionNumber,
};

constexpr ResourceType kSecurityGroupRuleType{"security_group_rule",
                                              "security_group_rules",
                                              "/security-group-rules",
                                              "/security-group-rules/{id}",
                                              "security_group_rules",
                                              kSecurityGroupRuleAttributes,
                                              false};

void write_port_number(base::JsonWriter& writer, int64_t number) {
  number < 0 ? writer.value(nullptr) : writer.value(number);
}

}  // namespace

void write_rule(ObjectView& view, const store::RuleRow& rule) {
  view.field("id", rule.id);
  view.project(rule.project_id);
  view.field("security_group_id", rule.security_group_id);
  view.field("ethertype", rule.ethertype);
  view.field("direction", rule.direction);
  view.text_or_null("protocol", rule.protocol);
  view.custom("port_range_min",
              [&](base::JsonWriter& writer) { write_port_number(writer, rule.port_range_min); });
  view.custom("port_range_max",
              [&](base::JsonWriter& writer) { write_port_number(writer, rule.port_range_max); });
  view.text_or_null("remote_ip_prefix", rule.remote_ip_prefix);
  view.custom("normalized_cidr", [&](base::JsonWriter& writer) {
    const auto cidr = parse_cidr(rule.remote_ip_prefix);
    cidr ? writer.value(to_text(*cidr)) : writer.value(nullptr);
  });
  view.text_or_null("remote_group_id", rule.remote_group_id);
  view.field("description", rule.description);
  view.standard(rule);
}

void add_security_group_rules(openstack::Routes& routes, Plugin& plugin) {
  add_routes<app::SecurityGroupRules>(
      routes, {.core = plugin.core,
               .service = plugin.security_group_rules,
               .type = kSecurityGroupRuleType,
               .visible = app::visible_rules,
               .write = write_rule,
               .id_of = [](const store::RuleRow& rule) -> const std::string& { return rule.id; },
               .target =
                   [&plugin](ApiRequest& request, const store::RuleRow& rule) {
                     const auto group =
                         plugin.security_groups.get(request.context, rule.security_group_id);
                     return PolicyTarget{{"project_id", rule.project_id},
                                         {"group_project_id", group.row.project_id}};
                   },
               .create_target =
                   [](ApiRequest&, const Attributes& attributes) {
                     return PolicyTarget{{"project_id", app::text(attributes, "project_id")}};
                   },
               .filter = nullptr,
               .authorize_more = nullptr,
               .before_list = nullptr});
}

}  // namespace neutron::api
