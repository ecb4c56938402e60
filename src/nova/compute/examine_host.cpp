#include <sys/stat.h>
#include <unistd.h>

#include "nova/compute/service.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "platform/process.hpp"

namespace nova::compute {
namespace {

using platform::Finding;
using platform::Severity;

Finding program(const std::string& name, const std::string& package) {
  try {
    static_cast<void>(platform::run_process({name, "--version"}));
    return {Severity::ok, name, "is installed", ""};
  } catch (const base::Error& error) {
    return {Severity::problem, name, error.message(), "apt-get install " + package};
  }
}

Finding tun() {
  if (::access("/dev/net/tun", R_OK | W_OK) == 0)
    return {Severity::ok, "/dev/net/tun", "can be opened", ""};
  return {Severity::problem, "/dev/net/tun", "can not be opened: guests get no network interface",
          "run nova-compute as root or with CAP_NET_ADMIN, and load the tun module"};
}

}  // namespace

std::vector<Finding> examine_host(platform::Runtime runtime) {
  std::vector<Finding> findings{program("qemu-system-x86_64", "qemu-system-x86"),
                                program("qemu-img", "qemu-utils"),
                                program("genisoimage", "genisoimage"), tun()};
  if (findings.front().severity == Severity::ok)
    findings.push_back(drivers::probe_kvm("qemu-system-x86_64", runtime).finding);
  return findings;
}

}  // namespace nova::compute
