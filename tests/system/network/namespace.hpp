// Network namespaces that play hosts and guests.
#pragma once

#include <string>
#include <vector>

namespace tests {

// A namespace under /run/netns, removed with the object.
class Namespace {
 public:
  explicit Namespace(std::string name);
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }
  // Runs `ip ARGUMENTS` in it.
  void ip(const std::vector<std::string>& arguments) const;

 private:
  std::string name_;
};

// This thread is in the namespace as long as the object lives; "": stays where it is. Sockets and
// threads that are made meanwhile stay there.
class Inside {
 public:
  explicit Inside(const std::string& name);
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  int home_ = -1;
};

}  // namespace tests
