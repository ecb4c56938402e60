#include "namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "platform/process.hpp"

namespace tests {

Namespace::Namespace(std::string name) : name_(std::move(name)) {
  platform::run_checked({"ip", "netns", "add", name_});
}

Namespace::~Namespace() {
  static_cast<void>(platform::run_process({"ip", "netns", "delete", name_}));
}

void Namespace::ip(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{"ip", "-n", name_};
  words.insert(words.end(), arguments.begin(), arguments.end());
  platform::run_checked(words);
}

Inside::Inside(const std::string& name) {
  if (name.empty()) return;
  home_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  const int there = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (there < 0 || ::setns(there, CLONE_NEWNET) != 0)
    throw std::runtime_error("cannot enter namespace " + name);
  ::close(there);
}

Inside::~Inside() {
  if (home_ < 0) return;
  if (::setns(home_, CLONE_NEWNET) != 0) std::abort();
  ::close(home_);
}

}  // namespace tests
