// What this process needs and has not now: the answer of health checks.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace platform {

// Thread-safe. Like the log, it is reached from everywhere.
class Health {
 public:
  struct Problem {
    std::string part;  // "database nova", "message queue nova"
    std::string reason;
  };
  Health();
  ~Health();
  // The part is as it should be.
  void mend(const std::string& part);
  // It is not, and why; replaces what was said of the part before.
  void report(const std::string& part, const std::string& reason);
  // By part. Empty: the process can work.
  [[nodiscard]] std::vector<Problem> problems() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// This process'.
[[nodiscard]] Health& health();

}  // namespace platform
