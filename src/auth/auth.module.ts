import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { FirstAdmin } from './accounts/first-admin.js';
import { PasswordRecords } from './accounts/password-records.js';
import { PasswordService } from './accounts/password.service.js';
import { RegistrationService } from './accounts/registration.service.js';
import { UserCreationService } from './accounts/user-creation.service.js';
import { CodesModule } from './codes/codes.module.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { KeysModule } from './keys/keys.module.js';
import { BasicAuthGuard } from './login/basic-auth.guard.js';
import { LoginController } from './login/login.controller.js';
import { LoginService } from './login/login.service.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { RefreshService } from './sessions/refresh.service.js';
import { Session } from './sessions/session.entity.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { SessionsService } from './sessions/sessions.service.js';
import { TokenPairs } from './sessions/token-pairs.js';
import { BasicStrategy } from './strategies/basic.strategy.js';
import { JwtStrategy } from './strategies/jwt.strategy.js';
import { PersonalTokenStrategy } from './strategies/personal-token.strategy.js';
import { ThrottleModule } from './throttle/throttle.module.js';
import { AUDIENCE, ISSUER } from './sessions/access-token.js';
import { PersonalToken } from './tokens/personal-token.entity.js';
import { PersonalTokensController } from './tokens/personal-tokens.controller.js';
import { PersonalTokensRepository } from './tokens/personal-tokens.repository.js';
import { PersonalTokensService } from './tokens/personal-tokens.service.js';

/** Login, sessions, tokens, keys, and the guard of every route. No PassportModule: its options replace a guard's. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Session, PersonalToken]),
    JwtModule.register({ signOptions: { issuer: ISSUER, audience: AUDIENCE } }),
    UsersModule,
    AuditModule,
    KeysModule,
    PasswordsModule,
    ThrottleModule,
    CodesModule,
  ],
  controllers: [AccountsController, LoginController, SessionsController, PersonalTokensController],
  providers: [
    { provide: APP_GUARD, useClass: JwtAuthGuard },
    BasicStrategy,
    BasicAuthGuard,
    JwtStrategy,
    PersonalTokenStrategy,
    LoginService,
    RegistrationService,
    UserCreationService,
    PasswordService,
    PasswordRecords,
    FirstAdmin,
    SessionsService,
    SessionsRepository,
    RefreshService,
    TokenPairs,
    PersonalTokensService,
    PersonalTokensRepository,
  ],
  exports: [RegistrationService, CodesModule],
})
export class AuthModule {}
