#include "nova/app/security_groups.hpp"

#include <algorithm>

#include "nova/app/servers.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using Names = std::vector<std::string>;
using Ports = std::vector<openstack::clients::Port>;

struct Group {
  std::string id;
  std::string name;
};

Group find_group(App& app, const openstack::Context& context, const store::InstanceRow& server,
                 const std::string& name_or_id) {
  std::vector<Group> found;
  for (const auto& [id, name] :
       app.neutron.list_security_groups(server.project_id, context.request_id)) {
    // An id means that group alone, whatever others are called.
    if (id == name_or_id) return {id, name};
    if (name == name_or_id) found.push_back({id, name});
  }
  if (found.empty())
    throw Error(ErrorKind::not_found, "Security group " + name_or_id + " not found for project " +
                                          server.project_id + ".");
  if (found.size() > 1)
    throw Error(ErrorKind::conflict, "Multiple security groups found matching '" + name_or_id +
                                         "'. Use an ID to be more specific.");
  return found.front();
}

Ports ports_of(App& app, const openstack::Context& context, const std::string& server_id) {
  Ports ports = app.neutron.list_ports_of_device(server_id, context.request_id);
  if (ports.empty())
    throw Error(ErrorKind::not_found, "Security group can not be changed: instance " + server_id +
                                          " could not be found as device id on any ports.");
  return ports;
}

// Adds or removes; whether that changed anything.
bool add(Names& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return false;
  names.push_back(name);
  return true;
}
bool remove(Names& names, const std::string& name) { return std::erase(names, name) > 0; }
using Change = bool (*)(Names&, const std::string&);

// Changes the groups of every port; the number of ports that changed.
size_t change_ports(App& app, const openstack::Context& context, Ports& ports, Change change,
                    const std::string& group) {
  size_t changed = 0;
  for (auto& port : ports) {
    if (!change(port.security_groups, group)) continue;
    const base::JsonObject changes{{"security_groups", base::to_json(port.security_groups)}};
    app.session.call(app.settings.neutron_url, "PUT", "/v2.0/ports/" + port.id,
                     base::JsonObject{{"port", changes}}, context.request_id);
    ++changed;
  }
  return changed;
}

// What the server's document shows follows what was changed in Neutron.
void note(App& app, const openstack::Context& context, const std::string& server_id, Change change,
          const std::string& name) {
  static_cast<void>(update_server(app, context, server_id, [&](store::InstanceRow& server) {
    auto names = base::from_json<Names>(base::parse_json(server.security_groups));
    change(names, name);
    server.security_groups = base::to_text(base::to_json(names));
  }));
}

}  // namespace

void add_security_group(App& app, const openstack::Context& context, const std::string& server_id,
                        const std::string& name) {
  const auto server = get_server(app, context, server_id);
  const Group group = find_group(app, context, server, name);
  Ports ports = ports_of(app, context, server_id);
  change_ports(app, context, ports, add, group.id);
  note(app, context, server_id, add, group.name);
}

void remove_security_group(App& app, const openstack::Context& context,
                           const std::string& server_id, const std::string& name) {
  const auto server = get_server(app, context, server_id);
  const Group group = find_group(app, context, server, name);
  Ports ports = ports_of(app, context, server_id);
  if (change_ports(app, context, ports, remove, group.id) == 0)
    throw Error(ErrorKind::not_found,
                "Security group " + name + " not associated with the instance " + server_id);
  note(app, context, server_id, remove, group.name);
}

}  // namespace nova::app
