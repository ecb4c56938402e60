// The first step of a server's life: everything is checked before anything is written, then all is
// written at once.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "nova/app/block_devices.hpp"
#include "nova/app/images.hpp"
#include "nova/app/lifecycle.hpp"
#include "nova/app/quotas.hpp"
#include "nova/app/servers.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/flavors.hpp"
#include "nova/store/hosts.hpp"
#include "nova/store/keypairs.hpp"
#include "nova/store/server_groups.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;

[[noreturn]] void refuse_create(std::string message) {
  throw Error(ErrorKind::bad_request, std::move(message));
}

// What the request's names stand for.
struct Resolved {
  store::FlavorRow flavor;
  std::string public_key;
  BlockDevicePlan disks;
  NetworkPlan networks;
  std::vector<std::string> security_group_ids;
  std::string zone;
  std::string host;
  std::string group_id;
};

void check_metadata(const NewServer& wanted, const store::Limits& limits) {
  const int64_t limit = limits.at("metadata_items");
  if (limit >= 0 && static_cast<int64_t>(wanted.metadata.size()) > limit)
    throw Error(ErrorKind::forbidden,
                fmt::format("Maximum number of metadata items exceeds {}", limit));
}

// "zone:host:node" lets an administrator name the host.
void split_zone(const openstack::Context& context, const NewServer& wanted, Resolved& resolved) {
  const auto parts = base::split(wanted.zone, ':');
  if (parts.size() > 3) refuse_create("Unable to parse availability_zone");
  resolved.zone = std::string(parts[0]);
  resolved.host = wanted.requested_host;
  if (parts.size() == 1) return;
  if (!context.is_admin())
    throw Error(ErrorKind::forbidden,
                "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.");
  resolved.host = std::string(parts[1].empty() && parts.size() > 2 ? parts[2] : parts[1]);
}

void check_zone(Session& session, const Settings& settings, const Resolved& resolved) {
  if (!resolved.zone.empty() && resolved.zone != settings.default_zone) {
    const bool known =
        platform::number(session,
                         "SELECT COUNT(*) FROM aggregate_hosts h JOIN aggregates g ON "
                         "g.id=h.aggregate_id WHERE g.availability_zone=?",
                         {resolved.zone}) > 0;
    if (!known) refuse_create("The requested availability zone is not available");
  }
  if (!resolved.host.empty() && !store::find_host(session, resolved.host))
    refuse_create("Compute host " + resolved.host + " could not be found.");
}

void check_group(Session& session, const Settings& settings, const openstack::Context& context,
                 const NewServer& wanted, Resolved& resolved) {
  resolved.group_id = base::text_or(wanted.scheduler_hints, "group");
  if (resolved.group_id.empty()) return;
  const auto group = store::find_server_group(session, resolved.group_id);
  if (!group || group->project_id != context.project_id())
    refuse_create("Instance group " + resolved.group_id + " could not be found.");
  const int64_t limit = user_limits(session, settings, context.project_id(), context.user_id())
                            .at("server_group_members");
  const auto members = static_cast<int64_t>(store::list_group_members(session, group->id).size());
  if (limit >= 0 && members + wanted.max_count > limit)
    throw Error(ErrorKind::forbidden, "Quota exceeded, too many servers in group");
}

void resolve_rows(App& app, const openstack::Context& context, const NewServer& wanted,
                  Resolved& resolved) {
  split_zone(context, wanted, resolved);
  app.database.read([&](Session& session) {
    if (!wanted.metadata.empty())
      check_metadata(wanted, project_limits(session, app.settings, context.project_id()));
    auto flavor = store::find_flavor_for(session, wanted.flavor_id,
                                         context.is_admin() ? "" : context.project_id());
    if (!flavor || flavor->disabled)
      refuse_create("Flavor " + wanted.flavor_id + " could not be found.");
    resolved.flavor = *std::move(flavor);
    if (wanted.key_name) {
      const auto keypair = store::find_keypair(session, context.user_id(), *wanted.key_name);
      if (!keypair) refuse_create("Invalid key_name provided.");
      resolved.public_key = keypair->public_key;
    }
    check_zone(session, app.settings, resolved);
    check_group(session, app.settings, context, wanted, resolved);
  });
}

// The flavor as the server will always show it, whatever becomes of the flavor.
std::string frozen_flavor(const store::FlavorRow& flavor) {
  base::JsonWriter json;
  json.begin_object();
  json.field("name", flavor.name);
  json.field("vcpus", flavor.vcpus);
  json.field("ram", flavor.memory_mib);
  json.field("disk", flavor.disk_gib);
  json.field("ephemeral", flavor.ephemeral_gib);
  json.field("swap", flavor.swap_mib);
  json.key("extra_specs");
  json.raw(flavor.extra_specs);
  json.end_object();
  return json.take();
}

std::string reservation_id(platform::Random& random) {
  static constexpr std::string_view kSymbols = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id = "r-";
  for (int i = 0; i < 8; ++i) id += kSymbols[random.below(kSymbols.size())];
  return id;
}

store::InstanceRow common_row(const App& app, const openstack::Context& context,
                              const NewServer& wanted, const Resolved& resolved,
                              base::TimePoint now) {
  const store::FlavorRow& flavor = resolved.flavor;
  auto tags = wanted.tags;
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  auto groups = wanted.security_groups;
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  store::InstanceRow row;
  row.project_id = context.project_id();
  row.user_id = context.user_id();
  row.description = wanted.description;
  row.image_id = resolved.disks.boots_from_volume ? "" : wanted.image_id;
  row.flavor_id = flavor.flavor_id;
  row.flavor = frozen_flavor(flavor);
  row.vcpus = flavor.vcpus;
  row.memory_mib = flavor.memory_mib;
  // A root volume is no disk of the host.
  const int64_t root_gib = resolved.disks.boots_from_volume ? 0 : flavor.disk_gib;
  row.disk_gib = root_gib + flavor.ephemeral_gib + (flavor.swap_mib + 1023) / 1024;
  row.local_disks = base::to_text(base::to_json(resolved.disks.local_disks));
  row.key_name = wanted.key_name;
  row.metadata = base::to_text(base::to_json(wanted.metadata));
  row.tags = base::to_text(base::to_json(tags));
  row.vm_state = "building";
  row.task_state = "scheduling";
  row.task_owner = kSchedulerTopic;
  row.task_deadline = now + kScheduleDeadline;
  row.config_drive = wanted.config_drive || app.settings.force_config_drive;
  row.access_ipv4 = wanted.access_ipv4;
  row.access_ipv6 = wanted.access_ipv6;
  row.disk_config = wanted.disk_config;
  row.network_names = base::to_text(base::to_json(resolved.networks.names));
  row.security_groups = base::to_text(base::to_json(groups));
  row.server_group_id = resolved.group_id;
  row.created_at = now;
  row.updated_at = now;
  return row;
}

store::InstanceSystemRow common_system(const App& app, const NewServer& wanted,
                                       const Resolved& resolved) {
  store::InstanceSystemRow row;
  row.public_key = resolved.public_key;
  row.user_data = wanted.user_data;
  row.networks = base::to_text(base::to_json(resolved.networks.networks));
  row.security_groups = base::to_text(base::to_json(resolved.security_group_ids));
  if (wanted.scheduler_hints.is_object())
    row.scheduler_hints = base::to_text(wanted.scheduler_hints);
  row.image_properties = image_properties(resolved.disks.image);
  row.requested_zone = resolved.zone.empty() ? app.settings.default_schedule_zone : resolved.zone;
  row.requested_host = resolved.host;
  return row;
}

// One server of the request, complete but for its number.
struct Draft {
  store::InstanceRow server;
  store::InstanceSystemRow system;
  store::BlockDeviceRow disk;
  std::vector<store::ServerVolumeRow> volumes;
  platform::Message message;
};

Draft make_draft(const App& app, const openstack::Context& context, const NewServer& wanted,
                 const store::InstanceRow& common, const store::InstanceSystemRow& system,
                 int64_t index) {
  Draft draft{common, system, {}, {}, {}};
  store::InstanceRow& server = draft.server;
  server.id = app.uuid();
  server.operation_id = app.uuid();
  server.launch_index = index;
  server.name = wanted.max_count > 1 ? fmt::format("{}-{}", wanted.name, index + 1) : wanted.name;
  server.hostname = hostname_of(server.name, "Server-" + server.id);
  draft.system.instance_id = server.id;
  draft.disk = {app.uuid(),      server.id,       0,          "image", "local",
                server.image_id, server.disk_gib, "/dev/vda", true};
  draft.message = app.message(origin_of(context), ScheduleServer{server.id, server.operation_id});
  return draft;
}

void write_draft(Session& session, const openstack::Context& context, Draft& draft,
                 base::TimePoint now) {
  store::InstanceRow& server = draft.server;
  platform::insert(session, server);
  platform::insert(session, draft.system);
  if (!server.image_id.empty()) platform::insert(session, draft.disk);
  for (const auto& volume : draft.volumes) platform::insert(session, volume);
  store::start_action(session,
                      {server.operation_id, server.id, "create", std::string(kScheduleEvent)},
                      context, now);
  platform::enqueue(session, std::string(kSchedulerTopic), draft.message, now);
}

// How many of them there may be and are, from the first on.
size_t write_drafts(App& app, const openstack::Context& context, std::vector<Draft>& drafts,
                    const ServerDemand& demand, base::TimePoint now) {
  return app.database.write("server.create", [&](Session& session) {
    const auto allowed = static_cast<size_t>(
        allowed_servers(session, app.settings, context.project_id(), context.user_id(), demand));
    for (size_t i = 0; i < allowed; ++i) write_draft(session, context, drafts[i], now);
    return allowed;
  });
}

void keep_volumes(NewVolumes& volumes, const std::vector<Draft>& drafts) {
  for (const Draft& draft : drafts) volumes.keep(draft.server.id);
}

}  // namespace

CreatedServers create_servers(App& app, const openstack::Context& context,
                              const NewServer& wanted) {
  if (wanted.min_count > wanted.max_count) refuse_create("min_count must be <= max_count");
  Resolved resolved;
  resolve_rows(app, context, wanted, resolved);
  resolved.disks =
      plan_block_devices(app, context, wanted.image_id, wanted.block_devices, resolved.flavor);
  resolved.networks = plan_networks(app, context, wanted.networks);
  resolved.security_group_ids = find_security_groups(app, context, wanted.security_groups);

  const base::TimePoint now = app.now();
  CreatedServers created;
  created.reservation_id = reservation_id(app.runtime.random);
  created.admin_password = wanted.admin_password.empty() ? generated_password(app.runtime.random)
                                                         : wanted.admin_password;
  store::InstanceRow common = common_row(app, context, wanted, resolved, now);
  common.reservation_id = created.reservation_id;
  store::InstanceSystemRow system = common_system(app, wanted, resolved);
  system.admin_password = created.admin_password;
  std::vector<Draft> drafts;
  for (int64_t i = 0; i < wanted.max_count; ++i)
    drafts.push_back(make_draft(app, context, wanted, common, system, i));

  NewVolumes new_volumes(app, context);
  for (Draft& draft : drafts) {
    draft.volumes = new_volumes.make(resolved.disks, draft.server.id);
    draft.server.volumes = store::to_text(draft.volumes);
  }
  const ServerDemand demand{wanted.min_count, wanted.max_count, common.vcpus, common.memory_mib};
  int64_t number = app.server_numbers.take(app.database, wanted.max_count);
  for (Draft& draft : drafts) draft.server.number = number++;
  try {
    drafts.resize(write_drafts(app, context, drafts, demand, now));
  } catch (const Error& error) {
    // Where the answer to a commit is lost the servers may be there, and are being built.
    if (openstack::clients::is_away(error)) keep_volumes(new_volumes, drafts);
    throw;
  }
  // Of fewer servers than were asked for, those of the others go again.
  keep_volumes(new_volumes, drafts);
  for (const Draft& draft : drafts) created.ids.push_back(draft.server.id);
  return created;
}

std::string hostname_of(const std::string& name, const std::string& fallback) {
  std::string host;
  for (const char c : base::lower(name)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || c == '_')
      host += '-';
    else if (byte < 128 && (std::isalnum(byte) != 0 || c == '-' || c == '.'))
      host += c;
  }
  host = base::replace_all(host, ".", "-");
  const size_t first = host.find_first_not_of('-');
  if (first == std::string::npos) return base::lower(fallback);
  host = host.substr(first, host.find_last_not_of('-') - first + 1);
  return host.substr(0, 63);
}

}  // namespace nova::app
