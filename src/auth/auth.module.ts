import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { CodesService } from './codes/codes.service.js';
import { OneTimeCode } from './codes/one-time-code.entity.js';
import { FirstAdmin } from './accounts/first-admin.js';
import { PasswordChecks } from './accounts/password-checks.js';
import { PasswordRecords } from './accounts/password-records.js';
import { PasswordService } from './accounts/password.service.js';
import { RegistrationService } from './accounts/registration.service.js';
import { AccessGuard } from './auth.guard.js';
import { BasicGuard, BasicStrategy } from './basic.strategy.js';
import { JwtStrategy } from './jwt.strategy.js';
import { JwksController } from './keys/jwks.controller.js';
import { KeysModule } from './keys/keys.module.js';
import { LoginController } from './login/login.controller.js';
import { LoginRecords } from './login/login-records.js';
import { LoginService } from './login/login.service.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { RefreshService } from './sessions/refresh.service.js';
import { Session } from './sessions/session.entity.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { SessionsService } from './sessions/sessions.service.js';
import { TokenPairs } from './sessions/token-pairs.js';
import { ThrottleModule } from './throttle/throttle.module.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { PersonalToken } from './tokens/personal-token.entity.js';
import { PersonalTokensController } from './tokens/personal-tokens.controller.js';
import { PersonalTokensRepository } from './tokens/personal-tokens.repository.js';
import { PersonalTokensService } from './tokens/personal-tokens.service.js';

/** Who may come in: login, sessions, tokens, keys, and the guard that stands before every route. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Session, PersonalToken, OneTimeCode]),
    UsersModule,
    AuditModule,
    KeysModule,
    PasswordsModule,
    ThrottleModule,
  ],
  controllers: [
    AccountsController,
    LoginController,
    SessionsController,
    PersonalTokensController,
    JwksController,
  ],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    BasicStrategy,
    BasicGuard,
    JwtStrategy,
    LoginService,
    LoginRecords,
    RegistrationService,
    PasswordService,
    PasswordChecks,
    PasswordRecords,
    CodesService,
    FirstAdmin,
    SessionsService,
    SessionsRepository,
    RefreshService,
    TokenPairs,
    AccessTokens,
    PersonalTokensService,
    PersonalTokensRepository,
  ],
  exports: [RegistrationService, CodesService],
})
export class AuthModule {}
