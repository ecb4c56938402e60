#include "nova/store/sagas.hpp"

#include "base/error.hpp"

namespace nova::store {
namespace {

using platform::Session;

[[noreturn]] void refuse(const std::string& operation_id) {
  throw base::Error(base::ErrorKind::conflict,
                    "Operation " + operation_id + " belongs to another host.");
}

}  // namespace

std::optional<openstack::SagaProgress> load_saga(Session& session, const std::string& host,
                                                 const std::string& operation_id) {
  std::optional<openstack::SagaProgress> progress;
  session.query("SELECT host, progress FROM sagas WHERE operation_id=?", {operation_id},
                [&](const platform::SqlRow& row) {
                  if (row.text(0) != host) refuse(operation_id);
                  progress = base::from_json<openstack::SagaProgress>(
                      base::parse_json(std::string(row.text(1))));
                });
  return progress;
}

InstanceRow get_server_in_saga(Session& session, const std::string& host,
                               const openstack::SagaProgress& progress) {
  auto server = platform::find<InstanceRow>(session, "WHERE operation_id=? AND deleted=0",
                                            {progress.operation_id});
  if (!server || server->host != host) refuse(progress.operation_id);
  return *std::move(server);
}

void save_saga(Session& session, const std::string& host, const openstack::SagaProgress& progress,
               base::TimePoint now) {
  session.execute("REPLACE INTO sagas (operation_id, host, progress, updated_at) VALUES (?,?,?,?)",
                  {progress.operation_id, host, base::to_text(base::to_json(progress)), now});
}

void delete_saga(Session& session, const std::string& operation_id) {
  session.execute("DELETE FROM sagas WHERE operation_id=?", {operation_id});
}

int64_t delete_stale_sagas(Session& session, base::TimePoint before) {
  return session.change(
      "DELETE FROM sagas WHERE updated_at<? AND NOT EXISTS "
      "(SELECT 1 FROM instances i WHERE i.operation_id=sagas.operation_id)",
      {before});
}

}  // namespace nova::store
