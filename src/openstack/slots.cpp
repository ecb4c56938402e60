#include "openstack/slots.hpp"

namespace openstack {

Slots::Slot::Slot(Slots& slots, std::string id) : slots_(slots), id_(std::move(id)) {
  while (!slots_.take(id_)) slots_.executor_.sleep_for(std::chrono::milliseconds{50});
}

Slots::Slot::~Slot() {
  const std::lock_guard lock(slots_.mutex_);
  slots_.taken_.erase(id_);
}

std::set<std::string> Slots::list_taken() {
  const std::lock_guard lock(mutex_);
  return taken_;
}

bool Slots::take(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return taken_.insert(id).second;
}

}  // namespace openstack
