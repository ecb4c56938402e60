// One back end of this host: a section of cinder.conf with a provider behind it, and one pool.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "cinder/app/app.hpp"
#include "cinder/drivers/target/target.hpp"
#include "cinder/drivers/volume/provider.hpp"
#include "cinder/store/pools.hpp"
#include "cinder/store/snapshots.hpp"
#include "cinder/store/volumes.hpp"
#include "cinder/volume/neighbours.hpp"
#include "openstack/slots.hpp"
#include "platform/log.hpp"

namespace cinder::volume {

struct BackendOptions {
  std::string section;       // of cinder.conf: "file"
  std::string backend_name;  // what volume types ask for, and its pool's name
  std::string zone;
  int64_t over_subscription_percent = 100;
  int64_t reserved_percentage = 0;
  std::string filter_function;       // for DriverFilter; empty: none
  std::string goodness_function;     // for GoodnessWeigher; empty: none
  std::string conversion_directory;  // of images on their way
};

class Backend {
 public:
  // `target`: the host's, which outlives it.
  Backend(app::App& core, BackendOptions options, std::unique_ptr<drivers::Provider> provider,
          std::shared_ptr<Neighbours> neighbours, drivers::Target& target);

  app::App& core;
  const BackendOptions options;
  const std::shared_ptr<drivers::Provider> provider;
  const std::shared_ptr<Neighbours> neighbours;  // this one too
  drivers::Target& target;
  openstack::Slots slots;

  // "host@section": its service, as operators see it.
  [[nodiscard]] std::string host() const { return core.runtime.host + "@" + options.section; }
  // "host@section#backend_name"
  [[nodiscard]] std::string pool() const { return host() + "#" + options.backend_name; }
  [[nodiscard]] std::string topic() const { return volume_topic(host()); }

  // Writes down that it lives, and what it has; prolongs what is being worked on here.
  void report();
  // Takes it out of the storage. Room that this made is reported at once, as Cinder does: who asks
  // for a volume next shall find it. That it could not be is no error of the removal.
  void remove(const drivers::Item& item);

 private:
  openstack::Slots reports_;  // one at a time: figures never take the place of later ones
  std::atomic<int64_t> reported_free_gib_ = 0;
};

// What fails for one volume or snapshot does not keep the others waiting: it is tried again the
// next time.
template <class F>
bool despite_errors(const std::string& id, F work) {
  try {
    work();
    return true;
  } catch (const base::Error& error) {
    platform::log_error("reconciling failed item={} error={}", id, error.what());
    return false;
  }
}

// Nobody waits for an answer: what the storage can not do now is tried as often as what somebody
// who is away can not, until the reaper gives it up. `what`: for whoever reads of it.
template <class F>
void with_patience(const std::string& what, F work) {
  try {
    work();
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorKind::unavailable, what + " It is tried again.", error.message());
  }
}

// ---- what the messages do; each acts only while the item is in `operation_id`

void work_on_volume(Backend& backend, const app::Origin& origin, const WorkOnVolume& message);
void work_on_snapshot(Backend& backend, const WorkOnSnapshot& message);
// What work_on_volume() does with a volume that is "uploading".
void upload_volume(Backend& backend, const app::Origin& origin, const store::VolumeRow& volume);
// With one that is "retyping" or in "maintenance".
void move_volume(Backend& backend, const store::VolumeRow& volume);
// With what is "managing" or "unmanaging".
void manage_volume(Backend& backend, const store::VolumeRow& volume);
void manage_snapshot(Backend& backend, const store::SnapshotRow& snapshot);
void unmanage_volume(Backend& backend, const store::VolumeRow& volume);
void unmanage_snapshot(Backend& backend, const store::SnapshotRow& snapshot);
// With one that is "reverting" or "downloading".
void revert_volume(Backend& backend, const store::VolumeRow& volume);
void reimage_volume(Backend& backend, const app::Origin& origin, const store::VolumeRow& volume);

// Throws Error(bad_request) for a marker that is no item's.
[[nodiscard]] ManageableItems list_manageable(Backend& backend, const ListManageable& message);

// Compares what the storage has with what the database says, and closes the difference.
class Reconciler {
 public:
  explicit Reconciler(Backend& backend) : backend_(backend) {}
  // Takes up what the back end was doing when its last process ended. Once, at start.
  void resume_operations();
  // Removes what has no owner. On a timer and at start.
  void run();

 private:
  [[nodiscard]] bool is_owned(const drivers::Item& item);
  void remove_stray(const drivers::Item& item);
  Backend& backend_;
};

}  // namespace cinder::volume
