#include "nova/app/requested_networks.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;

// What Neutron does not know is a mistake in the request here, not a missing resource.
template <class F>
auto known_or_bad(F&& ask, const std::string& message) -> std::invoke_result_t<F> {
  try {
    return ask();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) throw Error(ErrorKind::bad_request, message);
    throw;
  }
}

bool may_use(const openstack::clients::Network& network, const openstack::Context& context) {
  return network.shared || network.project_id == context.project_id() || context.is_admin();
}

std::string name_of_network(App& app, const openstack::Context& context, const std::string& id) {
  const std::string missing = "Network " + id + " could not be found.";
  const auto network =
      known_or_bad([&] { return app.neutron.get_network(id, context.request_id); }, missing);
  if (!may_use(network, context)) throw Error(ErrorKind::bad_request, missing);
  return network.name;
}

void use_port(App& app, const openstack::Context& context, RequestedNetwork& wanted) {
  const std::string missing = "Port id " + wanted.port_id + " could not be found.";
  const auto port = known_or_bad(
      [&] { return app.neutron.get_port(wanted.port_id, context.request_id); }, missing);
  if (port.project_id != context.project_id() && !context.is_admin())
    throw Error(ErrorKind::bad_request, missing);
  if (!port.device_id.empty())
    throw Error(ErrorKind::conflict, "Port " + wanted.port_id + " is still in use.");
  if (port.fixed_ips.empty())
    throw Error(ErrorKind::bad_request,
                "Port " + wanted.port_id + " requires a FixedIP in order to be used.");
  wanted.network_id = port.network_id;
}

NetworkPlan plan_listed(App& app, const openstack::Context& context, const NetworkWish& wish) {
  NetworkPlan plan;
  for (RequestedNetwork wanted : wish.networks) {
    const bool single = !wanted.port_id.empty() || !wanted.fixed_ip.empty();
    if (single && wish.servers > 1)
      throw Error(ErrorKind::bad_request,
                  wanted.port_id.empty()
                      ? "max_count cannot be greater than 1 if an fixed_ip is specified."
                      : "max_count cannot be greater than 1 if an port is specified.");
    const bool own_port = !wanted.port_id.empty();
    if (own_port) use_port(app, context, wanted);
    if (!plan.names.contains(wanted.network_id)) {
      if (own_port)
        plan.names[wanted.network_id] =
            app.neutron.get_network(wanted.network_id, context.request_id).name;
      else
        plan.names[wanted.network_id] = name_of_network(app, context, wanted.network_id);
    }
    plan.networks.push_back(std::move(wanted));
  }
  return plan;
}

NetworkPlan plan_only_network(App& app, const openstack::Context& context, NetworkWish::Kind kind) {
  const auto networks = app.neutron.list_networks(context.project_id(), context.request_id);
  if (networks.size() > 1)
    throw Error(ErrorKind::conflict,
                "Multiple possible networks found, use a Network ID to be more specific.");
  if (networks.empty() && kind == NetworkWish::Kind::automatic)
    throw Error(ErrorKind::bad_request,
                "Unable to automatically allocate a network for project " + context.project_id());
  NetworkPlan plan;
  for (const auto& network : networks) {
    plan.networks.push_back({network.id, "", "", ""});
    plan.names[network.id] = network.name;
  }
  return plan;
}

}  // namespace

NetworkPlan plan_networks(App& app, const openstack::Context& context, const NetworkWish& wish) {
  switch (wish.kind) {
    case NetworkWish::Kind::none:
      return {};
    case NetworkWish::Kind::listed:
      return plan_listed(app, context, wish);
    case NetworkWish::Kind::automatic:
    case NetworkWish::Kind::unstated:
      break;
  }
  return plan_only_network(app, context, wish.kind);
}

std::vector<std::string> find_security_groups(App& app, const openstack::Context& context,
                                              const std::vector<std::string>& names) {
  if (names.empty() || (names.size() == 1 && names.front() == "default")) return {};
  std::vector<std::string> ids;
  for (const std::string& name : names) {
    const auto found =
        app.neutron.find_security_groups(context.project_id(), name, context.request_id);
    if (found.empty())
      throw Error(ErrorKind::bad_request, "Security group " + name + " not found for project " +
                                              context.project_id() + ".");
    if (found.size() > 1)
      throw Error(ErrorKind::conflict, "Multiple security groups found matching '" + name +
                                           "'. Use an ID to be more specific.");
    ids.push_back(found.front());
  }
  return ids;
}

}  // namespace nova::app
