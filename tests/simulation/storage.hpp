// Storage of volumes that is only remembered. What it remembers survives the death of the process
// that drives it, as disks and target daemons do.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "cinder/drivers/target/fake/fake_target.hpp"
#include "cinder/drivers/volume/provider.hpp"
#include "platform/simulation/simulation.hpp"

namespace simulation {

// The storage of one host.
struct Storage {
  struct Content {
    std::string bytes;  // zeros follow
    int64_t size_gib = 0;
  };
  std::map<cinder::drivers::Item, Content> items;
  std::set<cinder::drivers::Item> parts;  // begun, and not whole yet
  std::shared_ptr<cinder::drivers::FakeTargetTable> targets =
      std::make_shared<cinder::drivers::FakeTargetTable>();
};

// The file provider's steps: each item is a part first, and becomes whole at once. `point` is
// called at the start and the end of each step, and may throw base::Error.
[[nodiscard]] std::unique_ptr<cinder::drivers::Provider> make_provider(
    platform::SimulatedProcess& process, std::shared_ptr<Storage> storage,
    std::function<void(const char*)> point);

}  // namespace simulation
