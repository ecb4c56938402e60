// The directory in which a cloud on embedded parts keeps everything.
#pragma once

#include <string>

#include "platform/random.hpp"

namespace nephele {

// Paths only; ensure() makes them.
struct StateDirectory {
  std::string root;

  [[nodiscard]] std::string database(const std::string& service) const {
    return root + "/db/" + service + ".sqlite";
  }
  [[nodiscard]] std::string fernet_keys() const { return root + "/fernet-keys"; }
  [[nodiscard]] std::string log_file() const { return root + "/log/nephele.log"; }
  [[nodiscard]] std::string traces() const { return root + "/trace"; }
  [[nodiscard]] std::string images() const { return root + "/images"; }
  [[nodiscard]] std::string instances() const { return root + "/instances"; }
  [[nodiscard]] std::string networks() const { return root + "/networks"; }
  [[nodiscard]] std::string pid_file() const { return root + "/nephele.pid"; }

  // Makes the directories (mode 0700). Throws base::Error(unavailable) naming the one that fails.
  void ensure() const;
};

// Held while a cloud runs on a state directory: a second `nephele up` there is refused.
class StateLock {
 public:
  // Throws base::Error(conflict) naming the process that holds it. Writes the pid file.
  explicit StateLock(const StateDirectory& directory);
  ~StateLock();
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  std::string pid_file_;
  int descriptor_ = -1;
};

// Passwords made at the first start, kept in STATE/secrets.json (mode 0600).
struct Secrets {
  std::string admin_password;
  std::string service_password;
  std::string metadata_secret;
};
[[nodiscard]] Secrets ensure_secrets(const StateDirectory& directory, platform::Random& random);

// Writes `text` to `path` at once and completely (rename), with that mode.
void write_file(const std::string& path, const std::string& text, unsigned mode);

}  // namespace nephele
