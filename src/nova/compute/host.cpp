#include "nova/compute/host.hpp"

#include <array>

#include "nova/compute/sagas.hpp"
#include "nova/compute/volumes.hpp"

namespace nova::compute {

void PortWaits::wake(const std::string& server_id) {
  std::shared_ptr<platform::Event> event;
  {
    const std::lock_guard lock(mutex_);
    const auto found = events_.find(server_id);
    if (found == events_.end()) return;
    event = found->second;
  }
  event->set();
}

void PortWaits::wait(const std::string& server_id, base::SteadyTime deadline) {
  std::shared_ptr<platform::Event> event = executor_.make_event();
  {
    const std::lock_guard lock(mutex_);
    events_[server_id] = event;
  }
  event->wait_until(deadline);
  const std::lock_guard lock(mutex_);
  events_.erase(server_id);
}

std::span<const std::string_view> all_sagas() {
  static constexpr std::array kSagas{kBuildServerSaga, kTerminateServerSaga, kRebuildServerSaga,
                                     kMakeServerImageSaga};
  return kSagas;
}

drivers::GuestDefinition define_guest(Host& host, const ServerDescription& server,
                                      const std::string& request_id) {
  drivers::GuestDefinition guest;
  guest.id = server.id;
  guest.name = server.name;
  guest.vcpus = server.vcpus;
  guest.memory_mib = server.memory_mib;
  Media media = host.disks.media_of(server.id);
  guest.disks = std::move(media.disks);
  auto volumes = connect_volumes(host, server, request_id);
  if (server.image_id.empty() && !volumes.empty()) {
    guest.disks.insert(guest.disks.begin(), volumes.front());
    volumes.erase(volumes.begin());
  }
  guest.disks.insert(guest.disks.end(), volumes.begin(), volumes.end());
  // The last one, so that the others have the names that Nova says.
  if (media.config_drive) guest.disks.push_back(*media.config_drive);
  guest.kernel = std::move(media.kernel);
  for (const openstack::clients::Port& port : server.ports)
    guest.interfaces.push_back({host.interfaces.ensure(port.id, server.id), port.mac_address});
  return guest;
}

}  // namespace nova::compute
