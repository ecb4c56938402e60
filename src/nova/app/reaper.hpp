// Looks after what its owner has left: nothing stays in a transitional state for ever.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "nova/app/app.hpp"
#include "nova/app/stray_ports.hpp"
#include "nova/app/stray_volumes.hpp"
#include "nova/store/instances.hpp"
#include "platform/executor.hpp"

namespace nova::app {

// Runs in every nova-conductor; the one that holds the lease "reaper" works.
//
// A server whose deadline has passed is given to its owner again (the messages are idempotent), a
// few times, then its operation is ended as failed. A server whose host is down is not waited for:
// a build goes to another host, a deletion is done without the host, a power change or the making
// of an image ends. Images of Glance whose making ended without them are removed, and what Cinder
// and Neutron keep for servers that do not have it is set right.
class Reaper {
 public:
  explicit Reaper(App& app);
  // Another one follows at once; if this one dies instead, within four of its rounds.
  ~Reaper();
  // One round; also called by tests.
  void run();

 private:
  // Work of a loop of its own, as another service may be away for long.
  [[nodiscard]] std::unique_ptr<platform::Periodic> while_leading(const std::string& name,
                                                                  base::Duration interval,
                                                                  std::function<void()> work);
  [[nodiscard]] bool leads(platform::Session& session, base::TimePoint now) const;
  [[nodiscard]] std::vector<store::InstanceRow> list_left(base::TimePoint now);
  void look_after(const store::InstanceRow& server);
  void end_untold_extensions(base::TimePoint now);

  App& app_;
  const base::Duration interval_;
  const std::string holder_;
  std::atomic<bool> led_ = false;  // at the last round
  StrayVolumes stray_volumes_;
  StrayPorts stray_ports_;
  std::unique_ptr<platform::Periodic> images_loop_;
  std::unique_ptr<platform::Periodic> volumes_loop_;
  std::unique_ptr<platform::Periodic> ports_loop_;
  std::unique_ptr<platform::Periodic> loop_;  // last: ends first
};

}  // namespace nova::app
