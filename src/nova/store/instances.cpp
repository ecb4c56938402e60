#include "nova/store/instances.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/allocations.hpp"
#include "nova/store/server_volumes.hpp"

namespace nova::store {
namespace {

using platform::Session;
using platform::SqlValues;

template <class T>
T parse(const std::string& json_text) {
  return base::from_json<T>(base::parse_json(json_text));
}

// The values of the sort columns of the marker's row.
SqlValues marker_values(Session& session, const openstack::Page& page) {
  std::string list;
  for (const openstack::SortKey& key : page.sort) list += (list.empty() ? "" : ", ") + key.column;
  SqlValues values;
  session.query("SELECT " + list + " FROM instances WHERE id=?", {page.marker},
                [&](const platform::SqlRow& row) {
                  for (size_t i = 0; i < row.size(); ++i) values.emplace_back(row.text(i));
                });
  return values;
}

// Columns whose values compare as numbers.
bool is_number_column(std::string_view column) {
  static constexpr std::string_view kNumbers[] = {
      "created_at", "updated_at", "launched_at", "terminated_at", "power_state",
      "vcpus",      "memory_mib", "disk_gib",    "launch_index",  "locked"};
  return std::find(std::begin(kNumbers), std::end(kNumbers), column) != std::end(kNumbers);
}

SqlValues typed(const openstack::Page& page, SqlValues values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!is_number_column(page.sort[i].column)) continue;
    const auto& text = std::get<std::string>(values[i].get());
    values[i] = platform::SqlValue(static_cast<int64_t>(std::strtoll(text.c_str(), nullptr, 10)));
  }
  return values;
}

std::string whole_select() {
  return "SELECT " + platform::columns_of<InstanceRow>("i") + ", " +
         platform::columns_of<InstanceSystemRow>("s") +
         " FROM instances i JOIN instance_system s ON s.instance_id=i.id ";
}

std::optional<WholeServer> fetch_whole(Session& session, const std::string& sql,
                                       const platform::SqlValues& values) {
  std::optional<WholeServer> found;
  session.query(sql, values, [&](const platform::SqlRow& row) {
    constexpr size_t kOfServer = platform::column_count<InstanceRow>();
    found = {platform::decode<InstanceRow>(row),
             platform::decode<InstanceSystemRow>(row, kOfServer)};
  });
  return found;
}

}  // namespace

std::optional<InstanceRow> find_instance(Session& session, const std::string& id) {
  return platform::find<InstanceRow>(session, "WHERE id=? AND deleted=0", {id});
}

std::optional<InstanceRow> find_any_instance(Session& session, const std::string& id) {
  return platform::find<InstanceRow>(session, "WHERE id=?", {id});
}

std::optional<InstanceRow> find_instance_in_operation(Session& session, const std::string& id,
                                                      const std::string& operation_id) {
  if (operation_id.empty()) return std::nullopt;
  return platform::find<InstanceRow>(session, "WHERE id=? AND operation_id=? AND deleted=0",
                                     {id, operation_id});
}

InstanceSystemRow get_instance_system(Session& session, const std::string& instance_id) {
  auto row = platform::find<InstanceSystemRow>(session, "WHERE instance_id=?", {instance_id});
  if (!row)
    throw base::Error(base::ErrorKind::not_found,
                      "Instance " + instance_id + " could not be found.");
  return *std::move(row);
}

std::optional<WholeServer> find_whole(Session& session, const std::string& id) {
  static const std::string sql = whole_select() + "WHERE i.id=? AND i.deleted=0";
  return fetch_whole(session, sql, {id});
}

std::optional<WholeServer> find_whole_in_operation(Session& session, const std::string& id,
                                                   const std::string& operation_id) {
  static const std::string sql =
      whole_select() + "WHERE i.id=? AND i.operation_id=? AND i.deleted=0";
  if (operation_id.empty()) return std::nullopt;
  return fetch_whole(session, sql, {id, operation_id});
}

void each_instance(Session& session, const InstanceQuery& query,
                   const std::function<void(const platform::SqlRow&)>& each) {
  std::string sql = platform::select_from<InstanceRow>() + "WHERE " + query.where;
  SqlValues values = query.values;
  if (!query.page.marker.empty()) {
    SqlValues marker = marker_values(session, query.page);
    if (marker.empty())
      throw base::Error(base::ErrorKind::bad_request,
                        "marker [" + query.page.marker + "] not found");
    const auto after =
        openstack::after_marker(query.page.sort, typed(query.page, std::move(marker)));
    sql += after.text;
    values.insert(values.end(), after.values.begin(), after.values.end());
  }
  const auto order = openstack::order_and_limit(query.page);
  sql += order.text;
  values.insert(values.end(), order.values.begin(), order.values.end());
  session.query(sql, values, each);
}

std::map<std::string, std::string> user_data_of(Session& session,
                                                std::span<const InstanceRow> servers) {
  // A fixed number of placeholders, so that there is one statement; the rest is padded.
  constexpr size_t kBatch = 50;
  static const std::string sql = [] {
    std::string marks = "?";
    for (size_t i = 1; i < kBatch; ++i) marks += ",?";
    return "SELECT instance_id, user_data FROM instance_system WHERE user_data<>'' AND "
           "instance_id IN (" +
           marks + ")";
  }();
  std::map<std::string, std::string> found;
  for (size_t first = 0; first < servers.size(); first += kBatch) {
    SqlValues ids;
    for (size_t i = first; i < first + kBatch; ++i)
      ids.emplace_back(i < servers.size() ? servers[i].id : std::string());
    session.query(sql, ids,
                  [&](const platform::SqlRow& row) { found.emplace(row.text(0), row.text(1)); });
  }
  return found;
}

void remove_instance_rows(Session& session, const std::string& id) {
  session.execute("DELETE FROM instance_system WHERE instance_id=?", {id});
  session.execute("DELETE FROM block_devices WHERE instance_id=?", {id});
  session.execute("DELETE FROM server_volumes WHERE server_id=?", {id});
}

ServerDescription describe(Session& session, const InstanceRow& row) {
  auto system = platform::find<InstanceSystemRow>(session, "WHERE instance_id=?", {row.id});
  return describe({row, std::move(system).value_or(InstanceSystemRow{})});
}

ServerDescription describe(const WholeServer& whole) {
  const InstanceRow& row = whole.server;
  const InstanceSystemRow& system = whole.system;
  const base::Json flavor = base::parse_json(row.flavor);
  ServerDescription server;
  server.id = row.id;
  server.name = row.name;
  server.hostname = row.hostname;
  server.project_id = row.project_id;
  server.user_id = row.user_id;
  server.host = row.host;
  server.availability_zone = row.availability_zone;
  server.image_id = row.image_id;
  server.flavor_name = base::text_or(flavor, "name");
  server.vcpus = row.vcpus;
  server.memory_mib = row.memory_mib;
  server.disk_gib = base::integer_or(flavor, "disk", 0);
  if (const base::Json* specs = base::find(flavor, "extra_specs"))
    server.extra_specs = base::from_json<std::map<std::string, std::string>>(*specs);
  server.metadata = parse<std::map<std::string, std::string>>(row.metadata);
  server.key_name = row.key_name.value_or("");
  server.public_key = system.public_key;
  server.user_data = system.user_data;
  server.admin_password = system.admin_password;
  server.config_drive = row.config_drive;
  server.networks = parse<std::vector<RequestedNetwork>>(system.networks);
  server.security_groups = parse<std::vector<std::string>>(system.security_groups);
  server.vm_state = row.vm_state;
  server.task_state = row.task_state;
  server.operation_id = row.operation_id;
  server.power_state = row.power_state;
  server.launch_index = row.launch_index;
  server.reservation_id = row.reservation_id;
  server.ports = parse<std::vector<openstack::clients::Port>>(row.ports);
  server.volumes = parse<std::vector<ServerVolume>>(row.volumes);
  server.local_disks = parse<std::vector<LocalDisk>>(row.local_disks);
  server.os_type = base::text_or(base::parse_json(system.image_properties), "os_type");
  server.created_at = row.created_at;
  return server;
}

bool change_task(Session& session, const std::string& id, const std::string& expected_operation,
                 const TaskChange& change, base::TimePoint now) {
  return session.change(
             "UPDATE instances SET vm_state=?, task_state=?, operation_id=?, task_owner=?, "
             "task_deadline=?, attempts=?, updated_at=? "
             "WHERE id=? AND operation_id=? AND deleted=0",
             {change.vm_state, change.task_state, change.operation_id, change.task_owner,
              change.task_deadline, change.attempts, now, id, expected_operation}) == 1;
}

bool mark_deleted(Session& session, const std::string& id, const std::string& expected_operation,
                  base::TimePoint now) {
  const int64_t changed = session.change(
      "UPDATE instances SET deleted=1, vm_state='deleted', task_state='', operation_id='', "
      "task_owner='', task_deadline=0, power_state=0, ports='[]', terminated_at=?, updated_at=? "
      "WHERE id=? AND operation_id=? AND deleted=0",
      {now, now, id, expected_operation});
  if (changed == 0) return false;
  release(session, id);
  session.execute("DELETE FROM sagas WHERE operation_id=?", {expected_operation});
  // Volumes that were on their way to it, or from it.
  for (const ServerVolumeRow& volume : list_server_volumes(session, id))
    if (!volume.operation_id.empty())
      finish_action(session, volume.operation_id, "Error", "The server was deleted.", now);
  remove_instance_rows(session, id);
  return true;
}

std::string instance_name(int64_t number) { return fmt::format("instance-{:08x}", number); }

}  // namespace nova::store
