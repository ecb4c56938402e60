// An image of a server's local root disk. The copy of a disk and its way to Glance may take long;
// the server's slot is free meanwhile, so that it can be deleted: what was copied goes with its
// disks then, and what is copied or sent ends at the next look at whether it is still wanted.
#include <atomic>

#include "nova/compute/host.hpp"
#include "nova/compute/sagas.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

using base::Error;
using base::ErrorKind;

constexpr base::Duration kSignOfLife = std::chrono::seconds{10};

[[noreturn]] void give_up(const ServerDescription& server) {
  throw Error(ErrorKind::conflict, "Instance " + server.id + " is in another operation now.");
}

ReportServer report_on(const Host& host, const ServerDescription& server) {
  ReportServer report;
  report.host = host.name;
  report.server_id = server.id;
  report.operation_id = server.operation_id;
  return report;
}

void report_task(Host& host, const ServerDescription& server, const char* task_state) {
  ReportServer report = report_on(host, server);
  report.task_state = task_state;
  if (!host.conductor.call(report).changed) give_up(server);
}

// Tells the conductor every few seconds that the host is at it, and learns whether that is wanted.
class Wanted {
 public:
  Wanted(Host& host, const ServerDescription& server)
      : server_(server), loop_(host.runtime.executor, "server image", kSignOfLife, [this, &host] {
          if (!host.conductor.call(report_on(host, server_)).changed) wanted_ = false;
        }) {}
  // Throws Error(conflict) if it is not.
  void check() const {
    if (!wanted_) give_up(server_);
  }

 private:
  const ServerDescription server_;
  std::atomic<bool> wanted_ = true;
  platform::Periodic loop_;  // last: it uses the others
};

// Ends with an error once nobody wants the bytes any more.
class WantedReader final : public platform::http::BodyReader {
 public:
  WantedReader(std::shared_ptr<platform::http::BodyReader> reader, const Wanted& wanted)
      : reader_(std::move(reader)), wanted_(wanted) {}
  size_t read(char* buffer, size_t size) override {
    wanted_.check();
    return reader_->read(buffer, size);
  }

 private:
  std::shared_ptr<platform::http::BodyReader> reader_;
  const Wanted& wanted_;
};

const ServerImage& image_of(const ServerDescription& server) {
  if (!server.new_image) give_up(server);
  return *server.new_image;
}

void copy_disk(Host& host, const ServerDescription& server) {
  report_task(host, server, "image_pending_upload");
  const Wanted wanted(host, server);
  host.hypervisor.end_copies(server.id);
  const RootCopy copy = host.disks.prepare_copy(server.id);
  host.hypervisor.copy_disk(server.id, copy.disk, copy.to, [&] { wanted.check(); });
}

void remove_copy(Host& host, const ServerDescription& server) {
  host.hypervisor.end_copies(server.id);
  host.disks.remove_copy(server.id);
}

bool is_whole(Host& host, const std::string& image_id, const std::string& request_id) {
  return host.glance.get_image(image_id, "", request_id).status == "active";
}

void upload_copy(Host& host, const ServerDescription& server, const std::string& request_id) {
  const Wanted wanted(host, server);
  platform::http::Response holder;
  holder.stream = host.disks.read_copy(server.id);
  auto bytes = std::make_shared<platform::http::BodySource>();
  bytes->length = holder.stream->length;
  bytes->reader = std::make_unique<WantedReader>(platform::http::take_body(holder), wanted);
  host.glance.upload(image_of(server).image_id, bytes, request_id);
}

// An image that is whole may be somebody's already, whatever became of Glance's last answer.
void send_image(Host& host, const ServerDescription& server, const std::string& request_id) {
  report_task(host, server, "image_uploading");
  const std::string& image_id = image_of(server).image_id;
  if (is_whole(host, image_id, request_id)) return;
  try {
    upload_copy(host, server, request_id);
  } catch (const Error&) {
    if (!is_whole(host, image_id, request_id)) throw;
  }
}

// The oldest ones of the image's own project and type; what others call a backup of this server is
// theirs.
void rotate_backups(Host& host, const ServerDescription& server, const std::string& request_id) {
  const ServerImage& made = image_of(server);
  if (made.backup_type.empty()) return;
  const std::string owner = host.glance.get_image(made.image_id, "", request_id).owner;
  const auto backups = host.glance.list_images(
      owner,
      {{"image_type", "backup"}, {"backup_type", made.backup_type}, {"instance_uuid", server.id}},
      request_id);
  for (size_t i = static_cast<size_t>(made.rotation); i < backups.size(); ++i) {
    platform::log_info("removing a backup, others are younger server={} image={}", server.id,
                       backups[i]);
    host.glance.delete_image(backups[i], request_id);
  }
}

// The image is whole and stays. What went wrong, for the user; empty: nothing.
std::string tidy_up(Host& host, const ServerDescription& server, const std::string& request_id) {
  try {
    remove_copy(host, server);
    rotate_backups(host, server, request_id);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace

openstack::Saga<ServerOperation> make_server_image_saga(Host& host) {
  return {
      kMakeServerImageSaga,
      {
          // It is there since the operation began, and goes whatever fails.
          {"own image", [](ServerOperation& /*making*/) {},
           [&host](ServerOperation& making) {
             host.glance.delete_image(image_of(making.server).image_id, making.request_id);
           }},
          {"copy disk", [&host](ServerOperation& making) { copy_disk(host, making.server); },
           [&host](ServerOperation& making) { remove_copy(host, making.server); }},
          {"send image",
           [&host](ServerOperation& making) { send_image(host, making.server, making.request_id); },
           nullptr},
      },
  };
}

void make_server_image(Host& host, const MakeServerImage& message, const std::string& request_id) {
  // Not the server's: it may be deleted meanwhile.
  const ServerSlots::Slot slot(host.slots, message.operation_id);
  const auto progress = run_operation(host, make_server_image_saga(host), message.server_id,
                                      message.operation_id, request_id);
  if (!progress) return;
  const auto server = base::from_json<ServerOperation>(progress->state).server;
  std::string problem = progress->error_message;
  if (progress->phase == openstack::SagaPhase::succeeded)
    problem = tidy_up(host, server, request_id);
  if (!problem.empty())
    platform::log_error("image not made as asked server={} error={}", server.id, problem);
  ReportServer report = report_on(host, server);
  report.finished = true;
  report.outcome = problem.empty() ? "Success" : "Error";
  report.fault_message = problem;
  static_cast<void>(host.conductor.call(report));
}

}  // namespace nova::compute
