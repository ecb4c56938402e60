// Disks that are only remembered: for tests, the simulation and the fake hypervisor.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "nova/compute/disks.hpp"

namespace nova::compute {

// What a fake host remembers.
struct FakeDiskTable {
  std::mutex mutex;
  std::set<std::string> servers;
  std::set<std::string> copies;  // of which there are copies of the root disk
  int64_t total_gib = 600'000;
};
// `point` is called as FakeHypervisor's is.
[[nodiscard]] std::unique_ptr<Disks> make_fake_disks(
    std::shared_ptr<FakeDiskTable> table, std::function<void(const char*)> point = nullptr);

}  // namespace nova::compute
