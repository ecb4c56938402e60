// The API's part of a rebuild: everything is checked before anything is written, then the server's
// new face, its state and the message to its host are written at once.
#include <fmt/format.h>

#include "nova/app/images.hpp"
#include "nova/app/lifecycle.hpp"
#include "nova/app/quotas.hpp"
#include "nova/app/servers.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/keypairs.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;

void check_state(const store::InstanceRow& server, const openstack::Context& context) {
  refuse_locked(server, context);
  const bool allowed =
      server.vm_state == "active" || server.vm_state == "stopped" || server.vm_state == "error";
  if (!allowed) refuse_state(server.id, "rebuild", "vm_state", server.vm_state);
  if (!server.task_state.empty())
    refuse_state(server.id, "rebuild", "task_state", server.task_state);
  if (server.host.empty())
    throw Error(ErrorKind::conflict, "Instance " + server.id + " is not ready");
  if (server.image_id.empty())
    throw Error(ErrorKind::bad_request,
                "Unable to rebuild with a different image for a volume-backed server.");
}

void check_metadata(Session& session, const App& app, const openstack::Context& context,
                    const Rebuild& wanted) {
  if (!wanted.metadata) return;
  const int64_t limit =
      project_limits(session, app.settings, context.project_id()).at("metadata_items");
  if (limit >= 0 && static_cast<int64_t>(wanted.metadata->size()) > limit)
    throw Error(ErrorKind::forbidden,
                fmt::format("Maximum number of metadata items exceeds {}", limit));
}

std::string public_key_of(Session& session, const store::InstanceRow& server,
                          const std::string& key_name) {
  const auto keypair = store::find_keypair(session, server.user_id, key_name);
  if (!keypair) throw Error(ErrorKind::bad_request, "Invalid key_name provided.");
  return keypair->public_key;
}

template <class T>
void set(const std::optional<T>& wanted, T& field) {
  if (wanted) field = *wanted;
}

void apply(const Rebuild& wanted, store::InstanceRow& server) {
  server.image_id = wanted.image_id;
  set(wanted.name, server.name);
  set(wanted.description, server.description);
  set(wanted.access_ipv4, server.access_ipv4);
  set(wanted.access_ipv6, server.access_ipv6);
  set(wanted.disk_config, server.disk_config);
  set(wanted.key_name, server.key_name);
  if (wanted.metadata) server.metadata = base::to_text(base::to_json(*wanted.metadata));
}

void apply_system(Session& session, const store::InstanceRow& server, const Rebuild& wanted,
                  const std::string& image_properties) {
  auto system = store::get_instance_system(session, server.id);
  system.image_properties = image_properties;
  system.admin_password = wanted.admin_password;
  if (wanted.user_data) system.user_data = wanted.user_data->value_or("");
  if (wanted.key_name)
    system.public_key = *wanted.key_name ? public_key_of(session, server, **wanted.key_name) : "";
  platform::update(session, system);
  session.execute("UPDATE block_devices SET image_id=? WHERE instance_id=? AND boot_index=0",
                  {server.image_id, server.id});
}

}  // namespace

store::InstanceRow rebuild_server(App& app, const openstack::Context& context,
                                  const std::string& id, const Rebuild& wanted) {
  const auto seen = get_server(app, context, id);
  check_state(seen, context);
  const base::Json flavor = base::parse_json(seen.flavor);
  const auto image = usable_image(app, context, wanted.image_id,
                                  {seen.memory_mib, base::integer_or(flavor, "disk", 0)});

  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  const auto message = app.message(origin_of(context), RebuildServer{id, operation});
  auto rebuilt = app.database.write("server.rebuild", [&](Session& session) {
    auto server = get_server(session, context, id);
    check_state(server, context);
    check_metadata(session, app, context, wanted);
    apply(wanted, server);
    apply_system(session, server, wanted, image_properties(image));
    server.task_state = "rebuilding";
    server.operation_id = operation;
    server.task_owner = server.host;
    server.task_deadline = now + kBuildDeadline;
    server.attempts = 1;
    server.updated_at = now;
    platform::update(session, server);
    store::start_action(session, {operation, id, "rebuild", "compute_rebuild_instance"}, context,
                        now);
    platform::enqueue(session, compute_topic(server.host), message, now);
    return server;
  });
  return rebuilt;
}

}  // namespace nova::app
