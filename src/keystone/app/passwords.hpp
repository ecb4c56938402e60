// Passwords: bcrypt on workers of its own, so that a flood of sign-ins can not take the request
// threads, and a memory of what was verified a moment ago.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "platform/crypto.hpp"
#include "platform/runtime.hpp"

namespace keystone::app {

// Thread-safe. Waits for a worker, so never call it inside a transaction.
class Passwords {
 public:
  // `cost`: bcrypt's, 4 to 31.
  Passwords(platform::Runtime runtime, int cost);

  // Both throw Error(unavailable) if too many are waiting already.
  [[nodiscard]] std::string hash(const std::string& password);
  [[nodiscard]] bool matches(const std::string& password, const std::string& hash);
  // As matches(), and a password that fitted within the last five minutes costs one HMAC. `owner`
  // is whose hash it is; another hash (a changed password) forgets what was known.
  [[nodiscard]] bool matches_recently(const std::string& owner, const std::string& password,
                                      const std::string& hash);
  // Takes as long as a refused password: for a user that is not there.
  void pretend_to_verify(const std::string& password);

 private:
  struct Known {
    std::string hash;
    std::string seal;  // HMAC of the password under a key that lives as long as this process
    base::SteadyTime until{};
  };
  template <class Result, class Work>
  Result on_worker(Work work);
  [[nodiscard]] bool is_known(const std::string& owner, const std::string& seal,
                              const std::string& hash);
  void remember(const std::string& owner, std::string seal, const std::string& hash);

  platform::Runtime runtime_;
  int cost_;
  std::string seal_key_;
  std::string dummy_hash_;
  std::mutex mutex_;
  std::map<std::string, Known, std::less<>> known_;
  platform::WorkerPool workers_;
};

}  // namespace keystone::app
