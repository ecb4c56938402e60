// Runs a function when a scope ends, unless released: the undo of a step inside one function.
#pragma once

#include <utility>

namespace base {

template <class F>
class [[nodiscard]] ScopeExit {
 public:
  explicit ScopeExit(F undo) : undo_(std::move(undo)) {}
  ~ScopeExit() {
    if (armed_) undo_();
  }
  ScopeExit(const ScopeExit&) = delete;
  ScopeExit& operator=(const ScopeExit&) = delete;
  // What was done is kept.
  void release() { armed_ = false; }

 private:
  F undo_;
  bool armed_ = true;
};

}  // namespace base
