// What the kernel makes of our bridges, filters, DHCP and metadata, seen from the other end of the
// cable: guests are namespaces here. The program leaves the host's own network first: nothing it
// makes outlives it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "platform/process.hpp"

namespace {

constexpr int kSkipped = 77;

// Frames of one sender stay in order only on one processor.
void stay_on_one_processor() {
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(static_cast<size_t>(::sched_getcpu()), &first);
  ::sched_setaffinity(0, sizeof first, &first);
}

// False: this machine does not let us; errno says why.
bool leave_the_network_of_the_host() {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  std::filesystem::create_directories("/run/netns");
  return ::mount("none", "/run/netns", "tmpfs", 0, nullptr) == 0 &&
         ::mount("none", "/sys", "sysfs", 0, nullptr) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!leave_the_network_of_the_host()) {
    std::printf("needs root and namespaces: %s\n", std::strerror(errno));
    return kSkipped;
  }
  platform::run_checked({"ip", "link", "set", "lo", "up"});
  stay_on_one_processor();
  return RUN_ALL_TESTS();
}
