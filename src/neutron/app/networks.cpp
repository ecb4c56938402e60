#include "neutron/app/networks.hpp"

#include "neutron/app/quotas.hpp"
#include "neutron/app/security_groups.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/ports.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::app {
namespace {

std::optional<ProviderRequest> provider_request(const Attributes& request) {
  ProviderRequest provider{text(request, "provider:network_type"),
                           text(request, "provider:physical_network"),
                           integer(request, "provider:segmentation_id")};
  if (!provider.network_type.empty()) return provider;
  if (!provider.physical_network.empty() || provider.segmentation_id)
    throw invalid_input("provider:network_type required");
  return std::nullopt;
}

// Projects beside the owner that have ports or subnets on the network.
bool is_used_by_others(platform::Session& session, const store::NetworkRow& network) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM ports WHERE network_id=? AND project_id<>? AND"
                          " device_owner NOT LIKE 'network:%'",
                          {network.id, network.project_id}) > 0;
}

}  // namespace

std::string owner_of_network(Core& core, const std::string& network_id) {
  return core.read([&](platform::Session& session) {
    const auto row = store::find_network_row(session, network_id);
    return row ? row->project_id : std::string();
  });
}

std::vector<store::Network> Networks::list(const openstack::Context& context,
                                           const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) {
    return store::list_networks(session, query, context.project_id());
  });
}

store::Network Networks::get(const openstack::Context& context, const std::string& id) {
  auto found = list(context, by_id(visible_networks(context), id));
  if (found.empty()) throw network_not_found(id);
  return std::move(found.front());
}

store::NetworkRow Networks::get_row(const openstack::Context& context, const std::string& id) {
  auto found = core_.read([&](platform::Session& session) {
    return store::select_list<store::NetworkRow>(session, by_id(visible_networks(context), id));
  });
  if (found.empty()) throw network_not_found(id);
  return std::move(found.front());
}

std::vector<store::Network> Networks::create(const openstack::Context& context,
                                             const std::vector<Attributes>& requests) {
  return core_.write("create_network", [&](platform::Session& session, Changes&) {
    std::vector<store::Network> created;
    for (const Attributes& request : requests)
      created.push_back(create_one(session, context, request));
    return created;
  });
}

store::Network Networks::create_one(platform::Session& session, const openstack::Context& context,
                                    const Attributes& request) {
  store::NetworkRow row;
  row.id = core_.new_id();
  row.project_id = text(request, "project_id");
  row.name = text(request, "name");
  row.description = text(request, "description");
  row.admin_state_up = flag(request, "admin_state_up");
  row.status = store::kStatusActive;
  row.port_security_enabled = flag(request, "port_security_enabled");
  row.is_default = flag(request, "is_default");
  row.created_at = row.updated_at = core_.now();
  check_quota(core_, session, row.project_id, "network");
  ensure_default_group(core_, session, row.project_id);

  const auto provider = provider_request(request);
  store::SegmentRow segment = provider ? core_.type_drivers().reserve(session, *provider)
                                       : core_.type_drivers().allocate(session);
  segment.network_id = row.id;
  row.mtu = choose_mtu(request, segment);
  platform::insert(session, row);
  platform::insert(session, segment);
  if (flag(request, "shared"))
    set_grant(session, row.id, row.project_id, store::kAccessAsShared, true);
  if (flag(request, "router:external"))
    set_grant(session, row.id, row.project_id, store::kAccessAsExternal, true);
  return *store::find_network(session, row.id, context.project_id());
}

store::Network Networks::update(const openstack::Context& context, const std::string& id,
                                const Attributes& changes, const Precondition& precondition) {
  return core_.write("update_network", [&](platform::Session& session, Changes& news) {
    auto network = store::find_network(session, id, context.project_id());
    if (!network) throw network_not_found(id);
    store::NetworkRow& row = network->row;
    check_revision(precondition, row.revision_number);
    for (const auto name :
         {"provider:network_type", "provider:physical_network", "provider:segmentation_id"})
      if (has(changes, name))
        throw invalid_input("Plugin does not support updating provider attributes");
    assign(row.name, changes, "name");
    assign(row.description, changes, "description");
    assign(row.admin_state_up, changes, "admin_state_up");
    assign(row.port_security_enabled, changes, "port_security_enabled");
    assign(row.is_default, changes, "is_default");
    if (has(changes, "mtu")) row.mtu = choose_mtu(changes, network->segment);
    if (has(changes, "shared")) {
      const bool shared = flag(changes, "shared");
      if (!shared && network->shared && is_used_by_others(session, row))
        throw conflict("InvalidSharedSetting",
                       "Unable to reconfigure sharing settings for network {}. Multiple tenants "
                       "are using it.",
                       id);
      set_grant(session, id, row.project_id, store::kAccessAsShared, shared);
    }
    if (has(changes, "router:external"))
      set_grant(session, id, row.project_id, store::kAccessAsExternal,
                flag(changes, "router:external"));
    ++row.revision_number;
    row.updated_at = core_.now();
    platform::update(session, row);
    news.network(id);
    return *store::find_network(session, id, context.project_id());
  });
}

void Networks::remove(const openstack::Context& /*context*/, const std::string& id,
                      const Precondition& precondition) {
  core_.write("delete_network", [&](platform::Session& session, Changes& news) {
    const auto row = store::find_network_row(session, id);
    if (!row) throw network_not_found(id);
    check_revision(precondition, row->revision_number);
    for (const store::Port& port : store::list_ports(session, {{" AND network_id=?", {id}}, {}})) {
      if (port.row.device_owner != store::kDhcpOwner)
        throw conflict("NetworkInUse",
                       "Unable to complete operation on network {}. There are one or more ports "
                       "still in use on the network, id(s) {}.",
                       id, port.row.id);
      store::delete_port(session, port.row.id);
      news.port(port.row.id);
    }
    session.execute("DELETE FROM subnets WHERE network_id=?", {id});
    session.execute("DELETE FROM network_segments WHERE network_id=?", {id});
    session.execute("DELETE FROM dhcp_agent_networks WHERE network_id=?", {id});
    store::delete_rbac_policies(session, id);
    session.execute("DELETE FROM networks WHERE id=?", {id});
    news.network(id);
  });
}

void Networks::set_grant(platform::Session& session, const std::string& network_id,
                         const std::string& project_id, std::string_view action, bool granted) {
  const auto present = store::find_grant_to_all(session, network_id, action);
  if (granted && !present)
    platform::insert(session,
                     store::RbacPolicyRow{core_.new_id(), project_id, "network", network_id,
                                          std::string(action), std::string(store::kAnyProject)});
  if (!granted && present) session.execute("DELETE FROM rbac_policies WHERE id=?", {present->id});
}

int64_t Networks::max_mtu(const store::SegmentRow& segment) const {
  const Settings& settings = core_.settings();
  const int64_t overhead = core_.type_drivers().get(segment.network_type).overhead();
  int64_t mtu = settings.global_physnet_mtu;
  const auto physnet = settings.physnet_mtus.find(segment.physical_network);
  if (physnet != settings.physnet_mtus.end()) mtu = physnet->second;
  if (overhead > 0 && settings.path_mtu > 0) mtu = std::min(mtu, settings.path_mtu);
  return mtu - overhead;
}

int64_t Networks::choose_mtu(const Attributes& request, const store::SegmentRow& segment) const {
  const int64_t most = max_mtu(segment);
  const int64_t asked = integer(request, "mtu").value_or(0);
  if (asked > most)
    throw invalid_input(fmt::format("Requested MTU is too big, maximum is {}", most));
  return asked == 0 ? most : asked;
}

}  // namespace neutron::app
