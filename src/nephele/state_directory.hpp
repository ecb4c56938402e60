// The directory in which a cloud on embedded parts keeps everything.
#pragma once

#include <optional>
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
  // `name`: a role's, or "nephele" for a process of several.
  [[nodiscard]] std::string log_file(const std::string& name) const {
    return root + "/log/" + name + ".log";
  }
  [[nodiscard]] std::string traces() const { return root + "/trace"; }
  [[nodiscard]] std::string images() const { return root + "/images"; }
  [[nodiscard]] std::string instances() const { return root + "/instances"; }
  [[nodiscard]] std::string volumes() const { return root + "/volumes"; }
  [[nodiscard]] std::string networks() const { return root + "/networks"; }
  [[nodiscard]] std::string pid_file(const std::string& name = "nephele") const {
    return root + "/" + name + ".pid";
  }

  // Makes the directories (mode 0700). Throws base::Error(unavailable) naming the one that fails.
  void ensure() const;
};

// Held while a process works on a state directory. `nephele up` has it alone, the roles of
// `nephele run` share it; a role that works on the host itself (nova-compute, an agent) has one
// more of its own, for two of them would take each other's guests and devices away.
class StateLock {
 public:
  enum class Use { alone, shared };
  // Throws base::Error(conflict) naming the process that holds it. Alone, it writes the pid file.
  StateLock(std::string pid_file, Use use);
  StateLock(StateLock&& other) noexcept;
  ~StateLock();
  StateLock& operator=(StateLock&&) = delete;

 private:
  std::string pid_file_;
  Use use_;
  int descriptor_ = -1;
};

// Passwords made at the first start, kept in STATE/secrets.json (mode 0600).
struct Secrets {
  std::string admin_password;
  std::string service_password;
  std::string metadata_secret;
};
// nullopt: none were made on this host.
[[nodiscard]] std::optional<Secrets> find_secrets(const StateDirectory& directory);
[[nodiscard]] Secrets ensure_secrets(const StateDirectory& directory, platform::Random& random);

// Writes `text` to `path` at once and completely (rename), with that mode.
void write_file(const std::string& path, const std::string& text, unsigned mode);

}  // namespace nephele
