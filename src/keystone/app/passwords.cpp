#include "keystone/app/passwords.hpp"

#include <exception>
#include <memory>
#include <optional>

#include "base/error.hpp"

namespace keystone::app {
namespace {

constexpr size_t kWorkers = 2;
constexpr size_t kQueueLimit = 64;
constexpr size_t kKnownLimit = 10'000;
constexpr base::Duration kKnownFor = std::chrono::minutes{5};
constexpr base::Duration kDeadline = std::chrono::seconds{60};
// bcrypt looks at no more; a NUL would end the text early.
constexpr size_t kLongestForBcrypt = 72;

// Every byte counts for what it is: a password with a NUL is never one of its beginning.
std::string for_bcrypt(const std::string& password) {
  if (password.find('\0') != std::string::npos)
    throw base::Error(base::ErrorKind::bad_request, "A password can not contain a NUL character.");
  return password.substr(0, kLongestForBcrypt);
}

}  // namespace

Passwords::Passwords(platform::Runtime runtime, int cost)
    : runtime_(runtime),
      cost_(cost),
      seal_key_(runtime.random.bytes(32)),
      // Nobody has this password: only the cost of comparing with it matters.
      dummy_hash_("$2b$" + std::string(cost < 10 ? "0" : "") + std::to_string(cost) +
                  "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
      workers_(runtime.executor, "passwords", kWorkers, kQueueLimit) {}

// The job may outlive a caller that gave up, so what both touch is shared.
template <class Result, class Work>
Result Passwords::on_worker(Work work) {
  struct Shared {
    std::unique_ptr<platform::Event> done;
    std::mutex mutex;
    std::optional<Result> result;
    std::exception_ptr error;
  };
  auto shared = std::make_shared<Shared>();
  shared->done = runtime_.executor.make_event();
  const bool taken = workers_.post([shared, work = std::move(work)] {
    std::optional<Result> result;
    std::exception_ptr error;
    try {
      result = work();
    } catch (...) {
      error = std::current_exception();
    }
    {
      const std::lock_guard lock(shared->mutex);
      shared->result = std::move(result);
      shared->error = error;
    }
    shared->done->set();
  });
  if (!taken || !shared->done->wait_until(runtime_.clock.steady() + kDeadline))
    throw base::Error(base::ErrorKind::unavailable,
                      "Too many sign-ins are in progress. Try again in a moment.");
  const std::lock_guard lock(shared->mutex);
  if (shared->error) std::rethrow_exception(shared->error);
  return std::move(*shared->result);
}

std::string Passwords::hash(const std::string& password) {
  return on_worker<std::string>(
      [text = for_bcrypt(password), cost = cost_, &random = runtime_.random] {
        return platform::bcrypt_hash(text, cost, random);
      });
}

bool Passwords::matches(const std::string& password, const std::string& hash) {
  return on_worker<bool>(
      [text = for_bcrypt(password), hash] { return platform::bcrypt_matches(text, hash); });
}

bool Passwords::matches_recently(const std::string& owner, const std::string& password,
                                 const std::string& hash) {
  std::string seal = platform::hmac_sha256(seal_key_, password);
  if (is_known(owner, seal, hash)) return true;
  if (!matches(password, hash)) return false;
  remember(owner, std::move(seal), hash);
  return true;
}

void Passwords::pretend_to_verify(const std::string& password) {
  (void)matches(password, dummy_hash_);
}

bool Passwords::is_known(const std::string& owner, const std::string& seal,
                         const std::string& hash) {
  const base::SteadyTime now = runtime_.clock.steady();
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(owner);
  if (found == known_.end()) return false;
  if (found->second.hash != hash || found->second.until < now) {
    known_.erase(found);
    return false;
  }
  return platform::equal_in_constant_time(found->second.seal, seal);
}

void Passwords::remember(const std::string& owner, std::string seal, const std::string& hash) {
  const base::SteadyTime now = runtime_.clock.steady();
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kKnownLimit)
    std::erase_if(known_, [now](const auto& item) { return item.second.until < now; });
  if (known_.size() >= kKnownLimit) known_.clear();
  known_[owner] = {hash, std::move(seal), now + kKnownFor};
}

}  // namespace keystone::app
