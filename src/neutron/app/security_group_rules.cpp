#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "neutron/app/quotas.hpp"
#include "neutron/app/security_groups.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/ip.hpp"

namespace neutron::app {
namespace {

struct Protocol {
  std::string_view name;
  int64_t number;
};
// neutron_lib.constants.IP_PROTOCOL_MAP
constexpr std::array kProtocols{
    Protocol{"ah", 51},        Protocol{"dccp", 33},       Protocol{"egp", 8},
    Protocol{"esp", 50},       Protocol{"gre", 47},        Protocol{"hopopt", 0},
    Protocol{"icmp", 1},       Protocol{"igmp", 2},        Protocol{"ip", 0},
    Protocol{"ipip", 4},       Protocol{"ipv6-encap", 41}, Protocol{"ipv6-frag", 44},
    Protocol{"ipv6-icmp", 58}, Protocol{"icmpv6", 58},     Protocol{"ipv6-nonxt", 59},
    Protocol{"ipv6-opts", 60}, Protocol{"ipv6-route", 43}, Protocol{"ospf", 89},
    Protocol{"pgm", 113},      Protocol{"rsvp", 46},       Protocol{"sctp", 132},
    Protocol{"tcp", 6},        Protocol{"udp", 17},        Protocol{"udplite", 136},
    Protocol{"vrrp", 112},
};
constexpr std::array<int64_t, 5> kWithPorts{6, 17, 33, 132, 136};
constexpr int64_t kIcmp = 1;
constexpr int64_t kIcmpV6 = 58;

bool is_ipv6_only(int64_t number, std::string_view name) {
  return name.starts_with("ipv6-") || name == "icmpv6" || number == 41 || number == 43 ||
         number == 44 || number == 58 || number == 59 || number == 60;
}

void check_icmp_range(const store::RuleRow& rule) {
  const auto check = [](std::string_view field, std::string_view attribute, int64_t value) {
    if (value <= 255) return;
    throw bad_request("SecurityGroupInvalidIcmpValue",
                      "Invalid value for ICMP {} ({}) {}. It must be 0 to 255.", field, attribute,
                      value);
  };
  check("type", "port_range_min", rule.port_range_min);
  check("code", "port_range_max", rule.port_range_max);
  if (rule.port_range_min < 0 && rule.port_range_max >= 0)
    throw bad_request("SecurityGroupMissingIcmpType",
                      "ICMP code (port-range-max) {} is provided but ICMP type (port-range-min) is "
                      "missing.",
                      rule.port_range_max);
}

void check_port_range(const store::RuleRow& rule) {
  if (rule.port_range_min < 0 && rule.port_range_max < 0) return;
  if (rule.protocol.empty())
    throw bad_request("SecurityGroupProtocolRequiredWithPorts",
                      "Must also specify protocol if port range is given.");
  const int64_t number = protocol_number(rule.protocol, rule.ethertype).value_or(-1);
  if (number == kIcmp || number == kIcmpV6) return check_icmp_range(rule);
  if (std::find(kWithPorts.begin(), kWithPorts.end(), number) == kWithPorts.end())
    throw bad_request("SecurityGroupInvalidProtocolForPort",
                      "Invalid protocol {} for port range, only supported for TCP, UDP, UDPLITE, "
                      "SCTP and DCCP.",
                      rule.protocol);
  if (rule.port_range_min == 0 || rule.port_range_max == 0)
    throw bad_request("SecurityGroupInvalidPortValue", "Invalid value for port 0");
  if (rule.port_range_min < 0 || rule.port_range_max < 0 ||
      rule.port_range_min > rule.port_range_max)
    throw bad_request("SecurityGroupInvalidPortRange",
                      "For TCP/UDP protocols, port_range_min must be <= port_range_max");
}

void check_rule(const store::RuleRow& rule) {
  if (!rule.remote_ip_prefix.empty() && !rule.remote_group_id.empty())
    throw bad_request(
        "SecurityGroupMultipleRemoteEntites",
        "Only one of remote_ip_prefix, remote_group_id or remote_address_group_id may "
        "be provided.");
  check_port_range(rule);
  if (!rule.remote_ip_prefix.empty()) {
    const auto cidr = parse_cidr(rule.remote_ip_prefix);
    if (!cidr || (cidr->address.version == 4) != (rule.ethertype == "IPv4"))
      throw bad_request("SecurityGroupRuleParameterConflict",
                        "Conflicting value ethertype {} for CIDR {}", rule.ethertype,
                        rule.remote_ip_prefix);
  }
  if (rule.protocol.empty() || rule.ethertype != "IPv4") return;
  const auto number = protocol_number(rule.protocol, rule.ethertype);
  if (number && is_ipv6_only(*number, rule.protocol))
    throw bad_request("SecurityGroupEthertypeConflictWithProtocol",
                      "Invalid ethertype {} for protocol {}.", rule.ethertype, rule.protocol);
}

bool same_rule(const store::RuleRow& a, const store::RuleRow& b) {
  const auto prefix = [](const std::string& text) {
    return text == "0.0.0.0/0" || text == "::/0" ? std::string() : text;
  };
  return a.direction == b.direction && a.ethertype == b.ethertype &&
         a.port_range_min == b.port_range_min && a.port_range_max == b.port_range_max &&
         prefix(a.remote_ip_prefix) == prefix(b.remote_ip_prefix) &&
         a.remote_group_id == b.remote_group_id && a.protocol.empty() == b.protocol.empty() &&
         protocol_number(a.protocol, a.ethertype) == protocol_number(b.protocol, b.ethertype);
}

void touch_group(Core& core, platform::Session& session, const std::string& group_id) {
  session.execute(
      "UPDATE security_groups SET revision_number=revision_number+1, updated_at=?"
      " WHERE id=?",
      {core.now(), group_id});
}

}  // namespace

std::optional<int64_t> protocol_number(std::string_view protocol, std::string_view ethertype) {
  // "icmp" of an IPv6 rule means ICMPv6 (an alias since the first release).
  if (ethertype == "IPv6" && (protocol == "icmp" || protocol == "1")) return kIcmpV6;
  for (const Protocol& known : kProtocols)
    if (known.name == protocol) return known.number;
  const auto number = base::parse_integer(protocol);
  if (!number || *number < 0 || *number > 255) return std::nullopt;
  return number;
}

std::vector<store::RuleRow> SecurityGroupRules::list(const openstack::Context& /*context*/,
                                                     const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) {
    return store::select_list<store::RuleRow>(session, query);
  });
}

store::RuleRow SecurityGroupRules::get(const openstack::Context& context, const std::string& id) {
  auto found = list(context, by_id(visible_rules(context), id));
  if (found.empty()) throw rule_not_found(id);
  return std::move(found.front());
}

std::vector<store::RuleRow> SecurityGroupRules::create(const openstack::Context& context,
                                                       const std::vector<Attributes>& requests) {
  return core_.write("create_security_group_rule", [&](platform::Session& session, Changes& news) {
    std::vector<store::RuleRow> created;
    for (const Attributes& request : requests) {
      created.push_back(create_one(session, context, request));
      news.groups({created.back().security_group_id});
    }
    return created;
  });
}

store::RuleRow SecurityGroupRules::create_one(platform::Session& session,
                                              const openstack::Context& context,
                                              const Attributes& request) {
  store::RuleRow rule;
  rule.id = core_.new_id();
  rule.project_id = text(request, "project_id");
  rule.security_group_id = text(request, "security_group_id");
  rule.description = text(request, "description");
  rule.direction = text(request, "direction");
  rule.ethertype = text(request, "ethertype");
  rule.protocol = text(request, "protocol");
  rule.port_range_min = integer(request, "port_range_min").value_or(-1);
  rule.port_range_max = integer(request, "port_range_max").value_or(-1);
  rule.remote_ip_prefix = text(request, "remote_ip_prefix");
  rule.remote_group_id = text(request, "remote_group_id");
  rule.created_at = rule.updated_at = core_.now();
  check_rule(rule);

  const auto sees = [&](const std::string& group_id) {
    const auto group = store::find_security_group(session, group_id, context.project_id());
    return group &&
           (context.is_admin() || group->shared || group->row.project_id == context.project_id());
  };
  for (const std::string& id : {rule.security_group_id, rule.remote_group_id})
    if (!id.empty() && !sees(id)) throw security_group_not_found(id);
  const auto group =
      store::find_security_group(session, rule.security_group_id, context.project_id());
  if (!context.is_admin() && group->row.project_id != context.project_id())
    throw security_group_not_found(rule.security_group_id);
  check_quota(core_, session, rule.project_id, "security_group_rule");
  for (const store::RuleRow& other : store::list_rules_of_group(session, rule.security_group_id))
    if (same_rule(rule, other))
      throw conflict("SecurityGroupRuleExists",
                     "Security group rule already exists. Rule id is {}.", other.id);
  platform::insert(session, rule);
  touch_group(core_, session, rule.security_group_id);
  return rule;
}

void SecurityGroupRules::remove(const openstack::Context& /*context*/, const std::string& id,
                                const Precondition& precondition) {
  core_.write("delete_security_group_rule", [&](platform::Session& session, Changes& news) {
    const auto rule = platform::find<store::RuleRow>(session, "WHERE id=?", {id});
    if (!rule) throw rule_not_found(id);
    check_revision(precondition, rule->revision_number);
    session.execute("DELETE FROM security_group_rules WHERE id=?", {id});
    touch_group(core_, session, rule->security_group_id);
    news.groups({rule->security_group_id});
  });
}

}  // namespace neutron::app
