#include "nova/drivers/hypervisor/qemu/disk_exchange.hpp"

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"
#include "nova/drivers/hypervisor/qemu/disk_swap.hpp"
#include "nova/drivers/hypervisor/qemu/hot_plug.hpp"
#include "platform/log.hpp"

namespace nova::drivers {
namespace {

using base::Error;
using base::ErrorKind;

constexpr base::Duration kSwapTimeout = std::chrono::seconds{10};  // of one command
constexpr base::Duration kSwapLook = std::chrono::milliseconds{50};
// Of what QEMU does at once unless one of the disks does not answer.
constexpr base::Duration kEndTimeout = std::chrono::seconds{30};

[[noreturn]] void fail_exchange(const std::string& why) {
  throw Error(ErrorKind::internal, "The disk could not be exchanged.", why);
}

}  // namespace

QmpClient DiskExchange::connect() const { return QmpClient(files_.qmp(), kSwapTimeout); }

// Of the device, which keeps it whatever is behind it.
std::string DiskExchange::name_in_guest() const {
  const GuestDefinition guest = load_definition(files_);
  for (const GuestDisk& disk : guest.disks)
    if (disk.serial == serial_ || disk.serial == disk_.serial)
      return disk.plugged_as.empty() ? serial_ : disk.plugged_as;
  throw Error(ErrorKind::not_found, "The guest does not have the disk.", serial_);
}

void DiskExchange::run(const std::function<void()>& keep_on) {
  const GuestDefinition before = load_definition(files_);
  abandon();
  base::ScopeExit undo([&] {
    try {
      abandon();
      ::unlink(files_.secret(disk_.serial).c_str());
      save_definition(files_, before);
    } catch (const Error& error) {
      platform::log_warning("exchange of a disk not ended guest={} error={}", files_.directory,
                            error.what());
    }
  });
  write_secret_of(files_, disk_);
  begin();
  wait_until_in_step(keep_on);
  GuestDefinition after = before;
  for (GuestDisk& disk : after.disks)
    if (disk.serial == serial_) {
      const std::string name = name_in_guest();
      disk = disk_;
      disk.plugged_as = name;
    }
  save_definition(files_, after);
  pivot();
  undo.release();
  let_go_of_old();
}

void DiskExchange::go_on(const std::function<void()>& keep_on) {
  if (!is_done()) {
    const MirrorState state = [&] {
      QmpClient qmp = connect();
      return get_mirror_state(qmp);
    }();
    if (state != MirrorState::copying && state != MirrorState::in_step) {
      abandon();
      write_secret_of(files_, disk_);
      begin();
    }
    wait_until_in_step(keep_on);
    pivot();
  }
  let_go_of_old();
}

void DiskExchange::begin() {
  QmpClient qmp = connect();
  const std::string from = volume_node(serial_);
  const std::string to = volume_node(disk_.serial);
  // A mirror takes no larger one.
  add_node(qmp, files_, disk_, limited_node(disk_, to, get_node_size(qmp, from)));
  begin_mirror(qmp, from, to);
}

// A connection per look: others want to ask QEMU meanwhile, too.
void DiskExchange::wait_until_in_step(const std::function<void()>& keep_on) {
  for (;;) {
    {
      QmpClient qmp = connect();
      const MirrorState state = get_mirror_state(qmp);
      if (state == MirrorState::in_step) return;
      if (state != MirrorState::copying) fail_exchange(get_mirror_error(qmp));
    }
    keep_on();
    runtime_.executor.sleep_for(kSwapLook);
  }
}

void DiskExchange::pivot() {
  {
    QmpClient qmp = connect();
    complete_mirror(qmp);
  }
  wait_until([this] { return is_done(); });
}

// Throws if it has ended otherwise.
bool DiskExchange::is_done() {
  QmpClient qmp = connect();
  const MirrorState state = get_mirror_state(qmp);
  const bool swapped = is_behind_device(qmp, volume_node(disk_.serial), name_in_guest());
  if (state == MirrorState::ended && !swapped) fail_exchange(get_mirror_error(qmp));
  if (state == MirrorState::ended) dismiss_mirror(qmp);
  return swapped && (state == MirrorState::ended || state == MirrorState::none);
}

void DiskExchange::abandon() {
  wait_until([this] { return is_abandoned(); });
}

void DiskExchange::wait_until(const std::function<bool()>& has_come) {
  const base::SteadyTime deadline = runtime_.clock.steady() + kEndTimeout;
  while (!has_come()) {
    if (runtime_.clock.steady() > deadline) fail_exchange("QEMU does not end the mirror");
    runtime_.executor.sleep_for(kSwapLook / 10);
  }
}

bool DiskExchange::is_abandoned() {
  QmpClient qmp = connect();
  const MirrorState state = get_mirror_state(qmp);
  if (state == MirrorState::copying || state == MirrorState::in_step) {
    cancel_mirror(qmp);
    return false;
  }
  if (state == MirrorState::ended) dismiss_mirror(qmp);
  remove_node(qmp, disk_.serial);
  return true;
}

void DiskExchange::let_go_of_old() {
  QmpClient qmp = connect();
  qmp.execute("blockdev-reopen",
              base::JsonObject{
                  {"options", base::JsonArray{unlimited_node(disk_, volume_node(disk_.serial))}}});
  remove_node(qmp, serial_);
  GuestDisk named = disk_;
  named.plugged_as = name_in_guest();
  limit_disk(qmp, named);
}

}  // namespace nova::drivers
