#include "nova/app/lifecycle.hpp"

#include <algorithm>

#include "nova/store/actions.hpp"
#include "nova/store/allocations.hpp"
#include "nova/store/sagas.hpp"
#include "nova/store/server_volumes.hpp"

namespace nova::app {

using platform::Session;

bool makes_image(std::string_view task_state) { return task_state.starts_with("image_"); }

void fail_build(Session& session, const store::InstanceRow& server, const std::string& fault,
                base::TimePoint now) {
  store::release(session, server.id);
  store::delete_saga(session, server.operation_id);
  session.execute(
      "UPDATE instances SET vm_state='error', task_state='', operation_id='', task_owner='', "
      "task_deadline=0, host='', node='', power_state=0, ports='[]', fault_code=500, "
      "fault_message=?, fault_at=?, updated_at=? WHERE id=?",
      {fault, now, now, server.id});
  store::finish_action(session, server.operation_id, "Error", fault, now);
}

void abandon_operation(Session& session, const store::InstanceRow& server,
                       const std::string& reason, base::TimePoint now) {
  store::delete_saga(session, server.operation_id);
  session.execute(
      "UPDATE instances SET task_state='', operation_id='', task_owner='', task_deadline=0, "
      "updated_at=? WHERE id=?",
      {now, server.id});
  store::finish_action(session, server.operation_id, "Error", reason, now);
}

void fail_operation(Session& session, const store::InstanceRow& server, const std::string& fault,
                    base::TimePoint now) {
  abandon_operation(session, server, fault, now);
  session.execute(
      "UPDATE instances SET vm_state='error', fault_code=500, fault_message=?, fault_at=? "
      "WHERE id=?",
      {fault, now, server.id});
}

bool build_failed(Session& session, const store::InstanceRow& server, const std::string& reason,
                  Retry retry, int64_t max_attempts, const platform::Message& again,
                  base::TimePoint now) {
  const auto system = store::get_instance_system(session, server.id);
  auto tried = base::from_json<std::vector<std::string>>(base::parse_json(system.tried_hosts));
  if (std::find(tried.begin(), tried.end(), server.host) == tried.end())
    tried.push_back(server.host);
  session.execute("UPDATE instance_system SET tried_hosts=? WHERE instance_id=?",
                  {base::to_text(base::to_json(tried)), server.id});
  if (retry == Retry::none) {
    fail_build(session, server, reason, now);
    return false;
  }
  if (static_cast<int64_t>(tried.size()) >= max_attempts) {
    fail_build(session, server,
               "Exceeded maximum number of retries. Exhausted all hosts available for retrying "
               "build failures for instance " +
                   server.id + ". Last error: " + reason,
               now);
    return false;
  }
  store::release(session, server.id);
  store::delete_saga(session, server.operation_id);
  session.execute(
      "UPDATE instances SET host='', node='', availability_zone='', task_state='scheduling', "
      "task_owner=?, task_deadline=?, attempts=0, ports='[]', fault_message=?, updated_at=? "
      "WHERE id=?",
      {kSchedulerTopic, now + kScheduleDeadline, reason, now, server.id});
  store::finish_action(session, server.operation_id, "Error", reason, now);
  store::start_event(session, server.operation_id, std::string(kScheduleEvent), "", now);
  platform::enqueue(session, std::string(kSchedulerTopic), again, now);
  return true;
}

ReleaseServer release_of(Session& session, const std::string& server_id, End end) {
  ReleaseServer release;
  release.server_id = server_id;
  const auto system =
      platform::find<store::InstanceSystemRow>(session, "WHERE instance_id=?", {server_id});
  if (!system) return release;
  for (const auto& network :
       base::from_json<std::vector<RequestedNetwork>>(base::parse_json(system->networks)))
    if (!network.port_id.empty()) release.kept_ports.push_back(network.port_id);
  for (const auto& volume : store::list_server_volumes(session, server_id)) {
    release.volumes.push_back(volume.volume_id);
    if (!volume.new_volume_id.empty()) release.volumes.push_back(volume.new_volume_id);
    if (volume.delete_on_termination && end == End::deleted)
      release.doomed_volumes.push_back(volume.volume_id);
  }
  return release;
}

bool delete_without_host(Session& session, const store::InstanceRow& server,
                         const platform::Message* release, base::TimePoint now) {
  if (!store::mark_deleted(session, server.id, server.operation_id, now)) return false;
  if (!server.operation_id.empty())
    store::finish_action(session, server.operation_id, "Success", "", now);
  if (release) platform::enqueue(session, std::string(kConductorTopic), *release, now);
  return true;
}

}  // namespace nova::app
